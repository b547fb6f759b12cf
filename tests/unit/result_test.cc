// SPDX-License-Identifier: Apache-2.0
#include <clientcert/result.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <memory>

namespace {

using namespace clientcert;
using namespace std::string_literals;

class ResultTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ResultTest);
    CPPUNIT_TEST(holds_a_value);
    CPPUNIT_TEST(holds_the_reason_why_there_is_none);
    CPPUNIT_TEST(tells_a_text_from_the_reason_why_there_is_none);
    CPPUNIT_TEST(holds_a_value_that_counts_as_false);
    CPPUNIT_TEST(gives_its_value_away);
    CPPUNIT_TEST(throws_rather_than_give_what_it_has_not);
    CPPUNIT_TEST_SUITE_END();

    void holds_a_value()
    {
        const Result<std::pair<int, int>> result{std::pair{1, 2}};
        CPPUNIT_ASSERT(result);
        CPPUNIT_ASSERT_EQUAL(2, result->second);
        CPPUNIT_ASSERT_EQUAL(1, (*result).first);
    }

    void holds_the_reason_why_there_is_none()
    {
        const Result<int> result{Error{"it is Sunday"}};
        CPPUNIT_ASSERT(!result);
        CPPUNIT_ASSERT_EQUAL("it is Sunday"s, result.error());
    }

    void tells_a_text_from_the_reason_why_there_is_none()
    {
        CPPUNIT_ASSERT(Result<std::string>{"text"s});
        CPPUNIT_ASSERT(!Result<std::string>{Error{"text"}});
    }

    void holds_a_value_that_counts_as_false()
    {
        CPPUNIT_ASSERT(Result<bool>{false});
        CPPUNIT_ASSERT(Result<std::string>{""s});
    }

    void gives_its_value_away()
    {
        Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
        const std::unique_ptr<int> taken = *std::move(result);
        CPPUNIT_ASSERT_EQUAL(7, *taken);
    }

    void throws_rather_than_give_what_it_has_not()
    {
        const Result<int> none{Error{"none"}};
        const Result<int> some{1};
        CPPUNIT_ASSERT_THROW(*none, std::bad_variant_access);
        CPPUNIT_ASSERT_THROW(some.error(), std::bad_variant_access);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResultTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include <clientcert/equalities.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;

/// "VARIABLE=VALUE;" for each.
std::string told(std::string_view rule)
{
    std::string text;
    for (const auto &[variable, value] : equalities(rule))
        text += variable + '=' + value + ';';
    return text;
}

class EqualitiesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(EqualitiesTest);
    CPPUNIT_TEST(finds_what_has_to_be_equal);
    CPPUNIT_TEST(says_nothing_of_what_it_does_not_understand);
    CPPUNIT_TEST_SUITE_END();

    void finds_what_has_to_be_equal()
    {
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b;"}, told("%{A} eq \"b\""));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b c;"}, told("  %{A}=='b c'  "));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=;"}, told("%{A} = ''"));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b;C=d;E=f;"},
                             told("%{A} eq 'b' and %{C} == \"d\" && %{E}='f'"));
    }

    void says_nothing_of_what_it_does_not_understand()
    {
        for (const char *rule : {"",
                                 "%{A}",
                                 "%{A} eq",
                                 "%{A} eq b",
                                 "%{A} eq \"b",
                                 "%{A eq \"b\"",
                                 "\"b\" eq %{A}",
                                 "%{A} ne \"b\"",
                                 "%{A} equals \"b\"",
                                 "not %{A} eq \"b\"",
                                 "!(%{A} eq \"b\")",
                                 "%{A} eq \"b\" or %{A} eq \"c\"",
                                 "%{A} eq \"b\" || %{A} eq \"c\"",
                                 "%{A} eq \"%{B}\"",
                                 "%{A} eq \"$1\"",
                                 "%{A} eq \"\\\\b\"",
                                 "%{A} in {\"b\"}",
                                 "%{A} eq \"b\" and",
                                 "%{A} eq \"b\" andy",
                                 "%{A} eq \"b\" . \"c\""})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, std::string{}, told(rule));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EqualitiesTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "pki.hh"

#include <clientcert/crl.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::day;

CrlInfo crl(std::optional<std::string> number, Time this_update)
{
    CrlInfo info;
    info.number = std::move(number);
    info.this_update = this_update;
    return info;
}

class CrlTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlTest);
    CPPUNIT_TEST(compares_numbers_as_numbers);
    CPPUNIT_TEST(counts_no_leading_zeros);
    CPPUNIT_TEST(orders_crls_by_number);
    CPPUNIT_TEST(orders_crls_by_time_where_one_has_no_number);
    CPPUNIT_TEST_SUITE_END();

    void compares_numbers_as_numbers()
    {
        const std::vector<std::string> rising{"\0"s,
                                              "\x01",
                                              "\x7f",
                                              "\x80",
                                              "\xff",
                                              "\x01\x00"s,
                                              "\x01\x01"s,
                                              "\xff\xff",
                                              "\x01\x00\x00"s,
                                              std::string(20, '\x01'),
                                              std::string(20, '\xff')};
        for (std::size_t i = 0; i < rising.size(); ++i)
            for (std::size_t j = 0; j < rising.size(); ++j) {
                const int order = compare_numbers(rising[i], rising[j]);
                CPPUNIT_ASSERT_EQUAL(i < j, order < 0);
                CPPUNIT_ASSERT_EQUAL(i > j, order > 0);
            }
    }

    void counts_no_leading_zeros()
    {
        CPPUNIT_ASSERT_EQUAL(0, compare_numbers("", "\0\0"s));
        CPPUNIT_ASSERT_EQUAL(0, compare_numbers("\0\x05"s, "\x05"));
        CPPUNIT_ASSERT(compare_numbers("\0\0\x05"s, "\x06") < 0);
    }

    void orders_crls_by_number()
    {
        const auto standing = crl("\x05", day(2025, 1, 2));
        CPPUNIT_ASSERT(!may_replace(crl("\x04", day(2025, 1, 3)), standing));
        CPPUNIT_ASSERT(may_replace(crl("\x05", day(2025, 1, 2)), standing));
        CPPUNIT_ASSERT(may_replace(crl("\x05", day(2025, 1, 1)), standing));
        CPPUNIT_ASSERT(may_replace(crl("\x06", day(2025, 1, 1)), standing));
    }

    void orders_crls_by_time_where_one_has_no_number()
    {
        const auto numbered = crl("\x05", day(2025, 1, 2));
        const auto plain = crl(std::nullopt, day(2025, 1, 2));
        for (const auto &standing : {numbered, plain}) {
            CPPUNIT_ASSERT(!may_replace(crl(std::nullopt, day(2025, 1, 1)), standing));
            CPPUNIT_ASSERT(may_replace(crl(std::nullopt, day(2025, 1, 2)), standing));
            CPPUNIT_ASSERT(may_replace(crl(std::nullopt, day(2025, 1, 3)), standing));
        }
        CPPUNIT_ASSERT(!may_replace(crl("\x09", day(2025, 1, 1)), plain));
        CPPUNIT_ASSERT(may_replace(crl("\x01", day(2025, 1, 2)), plain));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlTest);

}  // namespace

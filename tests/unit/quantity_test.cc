// SPDX-License-Identifier: Apache-2.0
#include <clientcert/quantity.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using namespace clientcert;
using namespace std::string_literals;

class QuantityTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(QuantityTest);
    CPPUNIT_TEST(reads_times);
    CPPUNIT_TEST(refuses_what_is_no_time);
    CPPUNIT_TEST(reads_sizes);
    CPPUNIT_TEST(refuses_what_is_no_size);
    CPPUNIT_TEST_SUITE_END();

    void reads_times()
    {
        const std::pair<const char *, long> times[] = {
            {"0", 0},          {"90", 90},         {"1s", 1},
            {"15min", 900},    {"2m", 120},        {"12h", 43200},
            {"7d", 7 * 86400}, {"2w", 14 * 86400}, {"3660d", 3660 * 86400L}};
        for (const auto &[text, seconds] : times)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, seconds, duration_of(text)->count());
    }

    void refuses_what_is_no_time()
    {
        for (const auto *text :
             {"", "s", "-1s", "+1s", " 1s", "1 s", "1S", "1.5h", "1x", "0x10", "1ss", "3661d",
              "99999999999999999999s", "18446744073709551615w"}) {
            const auto result = duration_of(text);
            CPPUNIT_ASSERT_MESSAGE(text, !result);
            CPPUNIT_ASSERT_MESSAGE(text, result.error().ends_with(", not \""s + text + '"'));
        }
    }

    void reads_sizes()
    {
        const std::pair<const char *, std::uint64_t> sizes[] = {
            {"0", 0}, {"4096", 4096}, {"64K", 65536}, {"20M", 20971520}, {"1024G", 1ULL << 40}};
        for (const auto &[text, octets] : sizes)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, octets, *size_of(text));
    }

    void refuses_what_is_no_size()
    {
        for (const auto *text :
             {"", "K", "-1K", "1k", "1KB", "1T", "1025G", "99999999999999999999"}) {
            const auto result = size_of(text);
            CPPUNIT_ASSERT_MESSAGE(text, !result);
            CPPUNIT_ASSERT_MESSAGE(text, result.error().ends_with(", not \""s + text + '"'));
        }
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(QuantityTest);

}  // namespace

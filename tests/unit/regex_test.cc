// SPDX-License-Identifier: Apache-2.0
#include "maps.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <thread>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::regex_of;

/// Whether it matches; a failure is none.
bool matches(std::string_view pattern, std::string_view value)
{
    Regex::Scratch scratch;
    const auto match = regex_of(pattern).match(value, scratch);
    return match && *match;
}

std::string why(std::string_view pattern, std::string_view value)
{
    Regex::Scratch scratch;
    const auto match = regex_of(pattern).match(value, scratch);
    return match ? "" : match.error();
}

class RegexTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RegexTest);
    CPPUNIT_TEST(matches_the_whole_value);
    CPPUNIT_TEST(matches_characters_and_not_octets);
    CPPUNIT_TEST(gives_groups);
    CPPUNIT_TEST(counts_groups);
    CPPUNIT_TEST(refuses_what_is_no_pattern);
    CPPUNIT_TEST(fails_at_its_limits);
    CPPUNIT_TEST(fails_on_what_is_not_utf8);
    CPPUNIT_TEST(takes_long_values);
    CPPUNIT_TEST(keeps_its_limits_whatever_the_pattern_says);
    CPPUNIT_TEST(serves_many_threads_at_once);
    CPPUNIT_TEST_SUITE_END();

    void matches_the_whole_value()
    {
        CPPUNIT_ASSERT(matches("a", "a"));
        CPPUNIT_ASSERT(matches("^a$", "a"));
        CPPUNIT_ASSERT(matches("", ""));
        CPPUNIT_ASSERT(matches("a|ab", "ab"));
        CPPUNIT_ASSERT(matches("a.b", "a\nb"));
        CPPUNIT_ASSERT(matches("(?i)ALICE", "alice"));
        for (const auto &[pattern, value] : {std::pair{"a", "ab"},
                                             {"a", "ba"},
                                             {"b$", "ab"},
                                             {"^a", "ab"},
                                             {"a$", "a\n"},
                                             {"a", "a\n"},
                                             {"(?m)^a$", "a\nb"},
                                             {"(?m)^b$", "a\nb"},
                                             {"a(*ACCEPT)b", "ab"},
                                             {"", "a"},
                                             {"a\\Z", "a\n"},
                                             {"(?=a)", "a"},
                                             {"ALICE", "alice"},
                                             {"a(?!b)", "ab"}})
            CPPUNIT_ASSERT_MESSAGE(pattern + " on "s + value, !matches(pattern, value));
    }

    void matches_characters_and_not_octets()
    {
        CPPUNIT_ASSERT(matches(".", "\xc3\xa9"));
        CPPUNIT_ASSERT(matches("[\xc3\xa9]", "\xc3\xa9"));
        CPPUNIT_ASSERT(!matches("[\xc3\xa9]", "\xc3\xa8"));
        CPPUNIT_ASSERT(matches("\\x{e9}", "\xc3\xa9"));
        CPPUNIT_ASSERT(matches("(?i)\xc3\xa9", "\xc3\x89"));
        CPPUNIT_ASSERT(matches("\\p{Lu}+", "\xc3\x89"));
        CPPUNIT_ASSERT(!matches("\\w", "\xc3\xa9"));
        CPPUNIT_ASSERT(!matches("..", "\xc3\xa9"));
    }

    void gives_groups()
    {
        Regex::Scratch scratch;
        const std::string value = "alice@lab";
        const auto groups = **regex_of("(\\w+)@(x)?(lab)").match(value, scratch);
        CPPUNIT_ASSERT_EQUAL("alice@lab"s, std::string{groups[0]});
        CPPUNIT_ASSERT_EQUAL("alice"s, std::string{groups[1]});
        CPPUNIT_ASSERT_EQUAL(""s, std::string{groups[2]});
        CPPUNIT_ASSERT_EQUAL("lab"s, std::string{groups[3]});
        CPPUNIT_ASSERT_EQUAL(""s, std::string{groups[4]});
        // Those of an earlier match are gone.
        const auto others = **regex_of("(x)?.*").match(value, scratch);
        CPPUNIT_ASSERT_EQUAL(""s, std::string{others[1]});
        CPPUNIT_ASSERT_EQUAL(""s, std::string{others[3]});
    }

    void counts_groups()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, regex_of("a(?:b)\\(").groups());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, regex_of("(a)(?<n>b)").groups());
        CPPUNIT_ASSERT_EQUAL(std::size_t{12}, regex_of("()()()()()()()()()()()()").groups());
    }

    void refuses_what_is_no_pattern()
    {
        for (const auto *pattern :
             {"(", "[", "a**", "\\", "(?<n", "\xff", "\\C", "(?P=x)", "a{2,1}"})
            CPPUNIT_ASSERT_MESSAGE(pattern, !Regex::compile(pattern));
        CPPUNIT_ASSERT_EQUAL("\"a(b\" is no regular expression: missing closing parenthesis, at "
                             "character 4"s,
                             Regex::compile("a(b").error());
    }

    void fails_at_its_limits()
    {
        const auto value = std::string(100, 'a') + '!';
        for (const auto *pattern : {"(a+)+", "(a|aa)+", "(a*)*", "(?:a|a)*"})
            CPPUNIT_ASSERT_EQUAL("the regular expression "s + quoted(pattern) + " takes too long",
                                 why(pattern, value));
    }

    void fails_on_what_is_not_utf8()
    {
        for (const auto *value : {"\xff", "a\xc3", "\xed\xa0\x80"})
            CPPUNIT_ASSERT(why(".*", value).find("UTF-8 error") != std::string::npos);
    }

    void takes_long_values()
    {
        const std::string value(60'000, 'a');
        CPPUNIT_ASSERT(matches("a+", value));
        CPPUNIT_ASSERT(matches("(.*)a", value));
        CPPUNIT_ASSERT(!matches("(.*)b", value));
        CPPUNIT_ASSERT(!matches("[a-z]{0,127}", value));
    }

    void keeps_its_limits_whatever_the_pattern_says()
    {
        const auto value = std::string(100, 'a') + '!';
        CPPUNIT_ASSERT(!why("(*LIMIT_MATCH=4000000000)(a+)+", value).empty());
        CPPUNIT_ASSERT(!why("(*NO_JIT)(a+)+", value).empty());
        CPPUNIT_ASSERT(!why("(*NO_JIT)(*LIMIT_HEAP=4000000)(a+)+", value).empty());
        CPPUNIT_ASSERT(matches("(*NO_JIT)a+!", value));
        // Recursion without an end.
        CPPUNIT_ASSERT(!why("(*NO_JIT)(a?(?1))+|!", value).empty());
        CPPUNIT_ASSERT(!why("(a?(?1))+|!", value).empty());
    }

    void serves_many_threads_at_once()
    {
        const auto regex = regex_of("([a-z]+)-(\\d+)");
        std::vector<int> wrong(4);
        std::vector<std::thread> threads;
        for (auto &count : wrong)
            threads.emplace_back([&count, regex, id = std::to_string(&count - wrong.data())] {
                Regex::Scratch scratch;
                for (int i = 0; i < 20'000; ++i) {
                    const auto value = "user-" + id + std::to_string(i);
                    const auto match = regex.match(value, scratch);
                    count += !match || !*match || (**match)[2] != id + std::to_string(i);
                }
            });
        for (auto &thread : threads)
            thread.join();
        CPPUNIT_ASSERT((std::vector<int>(4)) == wrong);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RegexTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "data.hh"

#include <clientcert/octets.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Chance;

std::string every_octet()
{
    std::string octets(256, '\0');
    std::iota(octets.begin(), octets.end(), '\0');
    return octets;
}

/// RFC 4648, section 4, bit by bit.
std::string naive_base64(std::string_view octets)
{
    std::string bits;
    for (const char c : octets)
        for (int bit = 7; bit >= 0; --bit)
            bits += (static_cast<std::uint8_t>(c) >> bit & 1) != 0 ? '1' : '0';
    bits.resize((bits.size() + 5) / 6 * 6, '0');
    std::string text;
    for (std::size_t i = 0; i < bits.size(); i += 6)
        text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[std::stoul(
            bits.substr(i, 6), nullptr, 2)];
    text.resize((text.size() + 3) / 4 * 4, '=');
    return text;
}

class OctetsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OctetsTest);
    CPPUNIT_TEST(writes_hexadecimal_in_either_case);
    CPPUNIT_TEST(reads_the_hexadecimal_it_writes);
    CPPUNIT_TEST(reads_colons_between_pairs);
    CPPUNIT_TEST(refuses_what_is_not_hexadecimal);
    CPPUNIT_TEST(writes_the_base64_of_rfc_4648);
    CPPUNIT_TEST(writes_the_base64_of_random_octets);
    CPPUNIT_TEST(digests_the_examples_of_fips_180);
    CPPUNIT_TEST(quotes_as_readably_as_it_can);
    CPPUNIT_TEST(never_quotes_two_texts_alike);
    CPPUNIT_TEST(quotes_on_one_line);
    CPPUNIT_TEST_SUITE_END();

    void writes_hexadecimal_in_either_case()
    {
        const auto octets = std::to_array<std::uint8_t>({0x00, 0x0a, 0xbc, 0xff});
        CPPUNIT_ASSERT_EQUAL("000abcff"s, lower_hex(octets));
        CPPUNIT_ASSERT_EQUAL("000ABCFF"s, upper_hex(octets));
        CPPUNIT_ASSERT_EQUAL(""s, lower_hex({}));
    }

    void reads_the_hexadecimal_it_writes()
    {
        const std::string octets = every_octet();
        CPPUNIT_ASSERT(from_hex(lower_hex(octets_of(octets))) == octets);
        CPPUNIT_ASSERT(from_hex(upper_hex(octets_of(octets))) == octets);
    }

    void reads_colons_between_pairs()
    {
        CPPUNIT_ASSERT(from_hex("") == ""s);
        CPPUNIT_ASSERT(from_hex("AB:cd:0f") == "\xab\xcd\x0f"s);
        CPPUNIT_ASSERT(from_hex("ABcd:0f") == "\xab\xcd\x0f"s);
    }

    void refuses_what_is_not_hexadecimal()
    {
        for (const auto &text :
             {"a"s, "abc"s, "gg"s, "0x12"s, ":ab"s, "ab:"s, "ab::cd"s, "a:b"s, "ab cd"s, " ab"s,
              "ab "s, "+1"s, "a\0"s, "\xc3\xa9"s, "@@"s, "``"s})
            CPPUNIT_ASSERT_MESSAGE(text, !from_hex(text));
    }

    void writes_the_base64_of_rfc_4648()
    {
        CPPUNIT_ASSERT_EQUAL(""s, base64({}));
        CPPUNIT_ASSERT_EQUAL("Zg=="s, base64(octets_of("f")));
        CPPUNIT_ASSERT_EQUAL("Zm8="s, base64(octets_of("fo")));
        CPPUNIT_ASSERT_EQUAL("Zm9v"s, base64(octets_of("foo")));
        CPPUNIT_ASSERT_EQUAL("Zm9vYg=="s, base64(octets_of("foob")));
        CPPUNIT_ASSERT_EQUAL("Zm9vYmE="s, base64(octets_of("fooba")));
        CPPUNIT_ASSERT_EQUAL("Zm9vYmFy"s, base64(octets_of("foobar")));
        CPPUNIT_ASSERT_EQUAL("+/+/"s, base64(octets_of("\xfb\xff\xbf")));
    }

    void writes_the_base64_of_random_octets()
    {
        Chance chance{4648};
        for (std::size_t size = 0; size < 300; ++size) {
            const std::string octets = chance.octets(size);
            CPPUNIT_ASSERT_EQUAL(naive_base64(octets), base64(octets_of(octets)));
        }
    }

    void digests_the_examples_of_fips_180()
    {
        CPPUNIT_ASSERT_EQUAL("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"s,
                             lower_hex(sha256({})));
        CPPUNIT_ASSERT_EQUAL("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"s,
                             lower_hex(sha256(octets_of("abc"))));
        CPPUNIT_ASSERT_EQUAL("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"s,
                             lower_hex(sha256(octets_of(std::string(1'000'000, 'a')))));
    }

    void quotes_as_readably_as_it_can()
    {
        CPPUNIT_ASSERT_EQUAL(R"("")"s, quoted(""));
        CPPUNIT_ASSERT_EQUAL(R"("garex AG")"s, quoted("garex AG"));
        CPPUNIT_ASSERT_EQUAL(R"("it's")"s, quoted("it's"));
        CPPUNIT_ASSERT_EQUAL(R"('eq "x"')"s, quoted(R"(eq "x")"));
        CPPUNIT_ASSERT_EQUAL(R"("\"it's\"")"s, quoted(R"("it's")"));
        CPPUNIT_ASSERT_EQUAL(R"("a\\b")"s, quoted(R"(a\b)"));
        CPPUNIT_ASSERT_EQUAL(R"("a\x0A\x00\x7Fb")"s, quoted("a\n\0\x7f"s + "b"));
        CPPUNIT_ASSERT_EQUAL("\"\xc3\xa9\""s, quoted("\xc3\xa9"));
    }

    void never_quotes_two_texts_alike()
    {
        // All texts of up to six of what escapes are made of.
        std::map<std::string, std::string> text_of;
        std::vector<std::string> texts{""};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string text = texts[i];
            const auto [other, is_new] = text_of.emplace(quoted(text), text);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(other->first, other->second, text);
            CPPUNIT_ASSERT(is_new);
            if (text.size() < 6)
                for (const char c : {'"', '\'', '\\', 'x', '0', '\0'})
                    texts.push_back(text + c);
        }
        CPPUNIT_ASSERT(text_of.size() > 50'000);
    }

    void quotes_on_one_line()
    {
        const std::string text = quoted(every_octet());
        CPPUNIT_ASSERT(std::ranges::none_of(
            text, [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f; }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OctetsTest);

}  // namespace

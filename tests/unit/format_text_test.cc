// SPDX-License-Identifier: Apache-2.0
// The encodings of header formats: base64, percent-encoding, Structured Fields.
#include "data.hh"

#include "core/formats/base64_text.hh"
#include "core/formats/escape.hh"
#include "core/formats/structured_fields.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace clientcert::formats;
using namespace std::string_literals;

class FormatTextTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatTextTest);
    CPPUNIT_TEST(base64_comes_back);
    CPPUNIT_TEST(base64_has_one_spelling);
    CPPUNIT_TEST(base64_that_is_none_is_refused);
    CPPUNIT_TEST(percent_encoding_comes_back);
    CPPUNIT_TEST(percent_decoding_is_strict);
    CPPUNIT_TEST(byte_sequences_are_read);
    CPPUNIT_TEST(what_is_no_byte_sequence_is_refused);
    CPPUNIT_TEST(parameters_are_skipped);
    CPPUNIT_TEST(lists_are_read);
    CPPUNIT_TEST(what_is_no_list_is_refused);
    CPPUNIT_TEST(excerpts_are_short_and_printable);
    CPPUNIT_TEST_SUITE_END();

    void base64_comes_back()
    {
        test::Chance chance{1};
        for (std::size_t size = 0; size < 100; ++size) {
            const auto octets = chance.octets(size);
            CPPUNIT_ASSERT(octets == *base64_decoded(base64(octets_of(octets))));
        }
        CPPUNIT_ASSERT_EQUAL("\xff\xe0!"s, *base64_decoded("/+Ah"));
    }

    /// Whatever is accepted is what an encoder writes of it.
    void base64_has_one_spelling()
    {
        const auto alphabet = std::to_array<std::string_view>({"A", "Q", "g", "/", "+", "=", " "});
        std::size_t accepted = 0;
        for (const auto a : alphabet)
            for (const auto b : alphabet)
                for (const auto c : alphabet)
                    for (const auto d : alphabet) {
                        const auto text =
                            std::string{a} + std::string{b} + std::string{c} + std::string{d};
                        const auto octets = base64_decoded(text);
                        accepted += octets ? 1U : 0U;
                        CPPUNIT_ASSERT(!octets || base64(octets_of(*octets)) == text);
                    }
        // Four of five digits; with padding, three and two, the last of them one of A, Q and g.
        CPPUNIT_ASSERT_EQUAL(std::size_t{5 * 5 * 5 * 5 + 5 * 5 * 3 + 5 * 3}, accepted);
    }

    void base64_that_is_none_is_refused()
    {
        for (const auto *text : {"A",        "AA",       "AAA",      "AAAAA",   "=",
                                 "====",     "A===",     "=AAA",     "A=AA",    "AA=A",
                                 "AAA=AAAA", "AA==AA==", "AAAA====", "AAAA=",   "AAAA==",
                                 "AB==",     "AAB=",     "iZ==",     "_-Ah",    "AAA ",
                                 " AAA",     "AA\nA",    "AAA.",     "AAA\xc3", "AA A"})
            CPPUNIT_ASSERT_MESSAGE(text, !base64_decoded(text));
        CPPUNIT_ASSERT(!base64_decoded("AAA\0"s));
    }

    void percent_encoding_comes_back()
    {
        std::string all;
        for (int octet = 0; octet < 256; ++octet)
            all += static_cast<char>(octet);
        const auto encoded = percent_encoded(all);
        CPPUNIT_ASSERT(all == *percent_decoded(encoded));
        CPPUNIT_ASSERT_EQUAL(encoded.npos,
                             encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                                       "qrstuvwxyz0123456789-._~%"));
        CPPUNIT_ASSERT_EQUAL("%0A%20%2B%2F%3D~"s, percent_encoded("\n +/=~"));
    }

    void percent_decoding_is_strict()
    {
        CPPUNIT_ASSERT_EQUAL("+/=a"s, *percent_decoded("+%2f%3Da"));
        for (const auto *text : {"%", "%2", "a%", "%2G", "%G2", "%%20", "% 20", "%:20", "%+2"})
            CPPUNIT_ASSERT_MESSAGE(text, !percent_decoded(text));
    }

    void is_item(const std::string &octets, std::string_view field)
    {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{field}, octets, *byte_sequence_item(field));
    }

    /// The cases here and below are those of httpwg/structured-field-tests.
    void byte_sequences_are_read()
    {
        is_item("hello", ":aGVsbG8=:");
        is_item("", "::");
        is_item("\xff\xe0!", ":/+Ah:");
        is_item("\x01", "  :AQ==:");
        is_item("\x01", ":AQ==:  ");
        is_item("\x01", "     :AQ==:  ");
    }

    void what_is_no_byte_sequence_is_refused()
    {
        for (const auto *field : {"",
                                  " ",
                                  ":",
                                  ":=aGVsbG8=:",
                                  ":a=GVsbG8=:",
                                  ":aGVsbG8:",
                                  ":aGVsbG8.:",
                                  ":aGVsbG8=",
                                  ":aGVsb G8=:",
                                  ":    :",
                                  ":aGVsbG!8=:",
                                  ":aGVsbG8=!:",
                                  ":iZ==:",
                                  ":_-Ah:",
                                  "aGVsbG8=",
                                  " \t :AQ==:",
                                  ":AQ==: \t ",
                                  ":AQ==:, :Kg==:",
                                  ":AQ==:x",
                                  ":AQ==::",
                                  "1",
                                  "\"AQ==\"",
                                  "(:AQ==:)",
                                  "?1",
                                  ":AQ==:;"})
            CPPUNIT_ASSERT_MESSAGE(field, !byte_sequence_item(field));
    }

    void parameters_are_skipped()
    {
        for (const auto *parameters :
             {";a", "; a", ";a=1", ";a=-15;b=1.5", ";a=\"x\\\"\\\\;, \"", ";a=token/*",
              ";a=:AQ==:", ";a=?0;*b-c_d.e*", ";a=999999999999999", ";a=123456789012.123", ";a=*"})
            is_item("\x01", ":AQ==:"s + parameters);
        for (const auto *wrong : {";",
                                  ";;",
                                  "; ",
                                  ";A",
                                  ";1",
                                  ";a=",
                                  ";a= 1",
                                  ";a=\"x",
                                  ";a=\"\\x\"",
                                  ";a=\"\x7f\"",
                                  ";a=?2",
                                  ";a=?",
                                  ";a=:A:",
                                  ";a=-",
                                  ";a=1.",
                                  ";a=1.1234",
                                  ";a=1234567890123.1",
                                  ";a=1234567890123456",
                                  ";a=(1)",
                                  " ;a",
                                  ";a=1 x",
                                  ";a\t"})
            CPPUNIT_ASSERT_MESSAGE(wrong, !byte_sequence_item(":AQ==:"s + wrong));
        CPPUNIT_ASSERT(byte_sequence_list(":AQ==:;a=1,:Kg==:;b", 2));
    }

    void lists_are_read()
    {
        const std::vector<std::string> both{"\x01", "*"};
        for (const auto *field : {":AQ==:, :Kg==:", "  :AQ==:, :Kg==:", ":AQ==:,:Kg==:",
                                  ":AQ==: , :Kg==:", ":AQ==:\t,\t:Kg==:", ":AQ==:,:Kg==:  "})
            CPPUNIT_ASSERT_MESSAGE(field, both == *byte_sequence_list(field, 2));
        CPPUNIT_ASSERT(std::vector<std::string>{"*"} == *byte_sequence_list(":Kg==:", 2));
        CPPUNIT_ASSERT(byte_sequence_list("", 2)->empty());
        CPPUNIT_ASSERT(byte_sequence_list("  ", 2)->empty());
    }

    void what_is_no_list_is_refused()
    {
        for (const auto *field :
             {":AQ==:, :Kg==:,", ":AQ==:,,:Kg==:", ":AQ==:, , :Kg==:", ",",
              ",:AQ==:", ":AQ==: :Kg==:", ":AQ==:;:Kg==:", "(:AQ==: :Kg==:)", "()", "1, 42",
              ":AQ==:, 42", "\t:AQ==:", ":AQ==:\n,:Kg==:", ":AQ==:,:Kg==:,:AQ==:"})
            CPPUNIT_ASSERT_MESSAGE(field, !byte_sequence_list(field, 2));
    }

    void excerpts_are_short_and_printable()
    {
        CPPUNIT_ASSERT_EQUAL("\"a\\x0A\\x00\""s, excerpt("a\n\0"s));
        CPPUNIT_ASSERT_EQUAL('"' + std::string(32, 'x') + "\"...", excerpt(std::string(1000, 'x')));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatTextTest);

}  // namespace

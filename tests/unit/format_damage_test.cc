// SPDX-License-Identifier: Apache-2.0
// Headers that somebody has tampered with: an error or the certificates that were sent, never
// others, and soon.
#include "formats.hh"

#include "core/formats/escape.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Hop;

constexpr auto readable =
    std::to_array<std::string_view>({"rfc9440", "xfcc", "nginx", "haproxy", "traefik", "aws"});

/// %XX as octets, where it is that, and no white space.
std::string plain(std::string_view value)
{
    std::string text;
    for (std::size_t at = 0; at < value.size(); ++at) {
        const auto octet = value[at] == '%' ? formats::percent_decoded(value.substr(at, 3)) : ""s;
        if (value[at] == '%' && octet) {
            text += *octet;
            at += 2;
        } else {
            text += value[at];
        }
    }
    std::erase_if(text, [](char c) { return " \t\r\n"s.find(c) != std::string::npos; });
    return text;
}

/// Reads with both hops. A certificate that comes out must stand in the value, in base64, which has
/// one spelling only. The answer: how many came out.
std::size_t certificates_in(std::string_view format, std::string_view value)
{
    std::size_t count = 0;
    for (const auto hop : {Hop::first, Hop::last}) {
        if (hop == Hop::first && !header_format(format)->reader->has_hops)
            continue;
        const auto read = test::read(format, {value}, hop);
        if (!read) {
            CPPUNIT_ASSERT(!read.error().empty() && read.error().size() < 300);
            continue;
        }
        for (const auto &certificate : *read)
            CPPUNIT_ASSERT(plain(value).find(base64(octets_of(certificate.der()))) !=
                           std::string::npos);
        count += read->size();
    }
    return count;
}

class FormatDamageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatDamageTest);
    CPPUNIT_TEST(no_truncated_value_is_taken);
    CPPUNIT_TEST(a_changed_octet_changes_nothing_in_secret);
    CPPUNIT_TEST(changed_der_is_the_certificate_that_was_sent_or_none);
    CPPUNIT_TEST(junk_is_refused);
    CPPUNIT_TEST(pieces_in_any_order_are_refused_or_read);
    CPPUNIT_TEST(a_megabyte_of_junk_is_refused_soon);
    CPPUNIT_TEST_SUITE_END();

    const std::unique_ptr<const Client> alone_ = test::rfc9440_client();
    const std::unique_ptr<const Client> with_chain_ =
        test::rfc9440_client({test::rfc9440_intermediate()});

    static std::string valid(std::string_view format, const Client &client)
    {
        return *test::written(format, header_format(format)->reader->fields[0], client);
    }

    void no_truncated_value_is_taken()
    {
        for (const auto format : readable) {
            const std::string value = valid(format, *with_chain_);
            std::size_t taken = 0;
            for (std::size_t size = 1; size < value.size(); ++size)
                taken += certificates_in(format, std::string_view{value}.substr(0, size)) > 0;
            // Where a chain has been cut off behind the leaf, a name, or the last line's end.
            const std::size_t most = format == "traefik"                    ? 1
                                     : format == "nginx" || format == "aws" ? 1
                                                                            : 0;
            if (format != "xfcc")
                CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{format}, most, taken);
            for (std::size_t start = 1; start < value.size(); ++start)
                certificates_in(format, std::string_view{value}.substr(start));
        }
    }

    void a_changed_octet_changes_nothing_in_secret()
    {
        test::Chance chance{3};
        for (const auto format : readable) {
            const std::string value = valid(format, *alone_);
            for (std::size_t at = 0; at < value.size(); ++at)
                for (const char c : {static_cast<char>(value[at] ^ 1), chance.octets(1)[0],
                                     chance.one_of("\n \"%,;=+:\\A")}) {
                    std::string changed = value;
                    changed[at] = c;
                    certificates_in(format, changed);
                }
        }
    }

    void changed_der_is_the_certificate_that_was_sent_or_none()
    {
        const std::string der = test::rfc9440_leaf().der();
        std::size_t taken = 0;
        for (std::size_t at = 0; at < der.size(); ++at)
            for (int bit = 0; bit < 8; ++bit) {
                std::string changed = der;
                changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
                const auto value = base64(octets_of(changed));
                const auto read = test::read("haproxy", {value});
                CPPUNIT_ASSERT(!read || read->front().der() == changed);
                taken += read ? 1U : 0U;
            }
        // Most octets are of keys, names and the signature.
        CPPUNIT_ASSERT(taken > der.size());
    }

    void junk_is_refused()
    {
        test::Chance chance{4};
        const auto alphabet = std::to_array<std::string_view>({"A",
                                                               "MI",
                                                               "=",
                                                               ":",
                                                               ",",
                                                               ";",
                                                               "\"",
                                                               "\\",
                                                               "%",
                                                               "%41",
                                                               " ",
                                                               "Cert=",
                                                               "Chain=\"",
                                                               "()",
                                                               "-----BEGIN CERTIFICATE-----",
                                                               "-----END CERTIFICATE-----",
                                                               "\x80",
                                                               "*",
                                                               "1",
                                                               "\n"});
        for (const auto format : readable)
            for (int i = 0; i < 1000; ++i) {
                CPPUNIT_ASSERT(certificates_in(format, chance.text(chance.below(12), alphabet)) ==
                               0);
                CPPUNIT_ASSERT(certificates_in(format, chance.octets(chance.below(60))) == 0);
            }
    }

    void pieces_in_any_order_are_refused_or_read()
    {
        test::Chance chance{5};
        const std::string leaf = test::rfc9440_leaf().der();
        const std::string text = base64(octets_of(leaf));
        const std::string item = ':' + text + ':';
        const std::string pem = formats::percent_encoded(test::rfc9440_leaf().pem());
        const auto pieces = std::to_array<std::string_view>(
            {text, pem, item, ":", ",", ";", "\"", "Cert=", "Chain="});
        for (const auto format : readable) {
            std::size_t read = 0;
            for (int i = 0; i < 3000; ++i)
                read += certificates_in(format, chance.text(1 + chance.below(4), pieces));
            CPPUNIT_ASSERT_MESSAGE(std::string{format}, read > 0);
        }
    }

    void refuses_soon(std::string_view format, std::string_view begin, std::string_view piece)
    {
        std::string junk{begin};
        while (junk.size() < std::size_t{1024} * 1024)
            junk += piece;
        const auto start = std::chrono::steady_clock::now();
        const auto read = test::read(format, {junk});
        const auto took = std::chrono::steady_clock::now() - start;
        CPPUNIT_ASSERT(!read || read->empty());
        CPPUNIT_ASSERT_MESSAGE(std::string{format} + ": " + std::string{begin} + std::string{piece},
                               took < std::chrono::seconds{10});
    }

    void a_megabyte_of_junk_is_refused_soon()
    {
        for (const auto *piece : {"A", "%41", " ", ",", "AAAA,", "a=b,", "a=\"\";", ":AQ==:,"})
            for (const auto format : readable)
                refuses_soon(format, "", piece);
        for (const auto *piece : {"A", "%41", "\\\"", ";a=b", "-----BEGIN CERTIFICATE-----"}) {
            refuses_soon("rfc9440", ":AQ==:;a=\"", piece);
            refuses_soon("xfcc", "Cert=\"", piece);
            refuses_soon("nginx", "-----BEGIN CERTIFICATE-----", piece);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatDamageTest);

}  // namespace

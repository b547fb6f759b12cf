// SPDX-License-Identifier: Apache-2.0
// CRLs in PEM.
#include "core/crl/reader/base64_decoder.hh"
#include "crls.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

constexpr const char *begin_line = "-----BEGIN X509 CRL-----\n";
constexpr const char *end_line = "-----END X509 CRL-----\n";

/// Nothing where it is none.
std::optional<std::string> decoded(const std::string &text, std::size_t step)
{
    Base64Decoder decoder;
    std::string octets;
    std::size_t at = 0;
    while (at < text.size()) {
        std::array<std::uint8_t, 48> place;
        const Octets piece = octets_of(text).subspan(at, std::min(step, text.size() - at));
        const auto progress = decoder.decode(piece, place);
        octets.append(place.begin(), place.begin() + static_cast<std::ptrdiff_t>(progress.written));
        if (progress.read == 0 && progress.written == 0)
            return std::nullopt;
        at += progress.read;
    }
    if (!decoder.is_whole())
        return std::nullopt;
    return octets;
}

CrlParts numbered(char number)
{
    CrlParts parts;
    parts.extensions = extension(crl_number_oid, integer({number}));
    return parts;
}

class CrlPemTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlPemTest);
    CPPUNIT_TEST(decodes_base64);
    CPPUNIT_TEST(refuses_what_is_no_base64);
    CPPUNIT_TEST(reads_many);
    CPPUNIT_TEST(skips_text);
    CPPUNIT_TEST(takes_lines_as_they_come);
    CPPUNIT_TEST(refuses_other_objects);
    CPPUNIT_TEST(refuses_broken_frames);
    CPPUNIT_TEST(refuses_broken_base64);
    CPPUNIT_TEST(says_which_one_is_wrong);
    CPPUNIT_TEST(stays_at_an_error);
    CPPUNIT_TEST_SUITE_END();

    void decodes_base64()
    {
        Chance chance{20260303};
        for (std::size_t size = 0; size < 200; ++size) {
            const std::string octets = chance.octets(size);
            std::string text = base64(octets_of(octets));
            for (std::size_t step = 1; step < 20; ++step) {
                CPPUNIT_ASSERT(octets == decoded(text, step));
                text.insert(chance.below(text.size() + 1), chance.text(1, " \t\r\n"s));
            }
        }
    }

    void refuses_what_is_no_base64()
    {
        for (const auto &text : {"A"s,        "AA"s,
                                 "AAA"s,      "AA="s,
                                 "A==="s,     "===="s,
                                 "="s,        "AAAA="s,
                                 "AAAA===="s, "AA==A"s,
                                 "AA==AAAA"s, "AA=A"s,
                                 "AAA=A"s,    "AB=="s,
                                 "AAB="s,     "A\0AA"s,
                                 "A-AA"s,     "A_AA"s,
                                 "AAA\x80"s,  "AAA\xff"s,
                                 "AAAAA"s,    "AAAAAAA*AAAAAAAA"s,
                                 "AA==="s,    "AAA=="s})
            for (std::size_t step = 1; step <= text.size(); ++step)
                CPPUNIT_ASSERT_MESSAGE(text, !decoded(text, step));
    }

    void reads_many()
    {
        std::string pem;
        for (char number = 1; number <= 9; ++number)
            pem += pem_of(numbered(number).der());
        const auto crls = read_all(pem);
        CPPUNIT_ASSERT_EQUAL(9UL, crls->size());
        for (std::size_t i = 0; i < 9; ++i)
            CPPUNIT_ASSERT_EQUAL(std::string(1, static_cast<char>(i + 1)),
                                 (*crls)[i].info.number.value());
    }

    void skips_text()
    {
        const std::string pem = pem_of(numbered(1).der());
        for (const auto &text :
             {"\n"s, "# comment\n"s, "Certificate Revocation List (CRL):\r\n\r\n"s,
              "0 is the first\n"s, std::string(200000, 'x') + '\n', "-----\n"s,
              " -----BEGIN CERTIFICATE-----\n"s, "-----------\n"s, "\0\n"s}) {
            const auto crls = read_all(text + pem + text + pem + text);
            CPPUNIT_ASSERT_EQUAL(2UL, crls->size());
        }
        CPPUNIT_ASSERT_EQUAL(1UL, read_all(pem + "no line feed")->size());
    }

    void takes_lines_as_they_come()
    {
        const std::string der = CrlParts{}.der();
        for (const std::size_t size : {1UL, 2UL, 3UL, 5UL, 48UL, 63UL, 64UL, 65UL, 76UL, 10000UL})
            for (const auto &end : {"\n"s, "\r\n"s, " \n"s, "\t \r\n"s, "\n\n"s})
                CPPUNIT_ASSERT_EQUAL(""s, error_of(pem_of(der, size, end)));
    }

    void refuses_other_objects()
    {
        const std::string crl = pem_of(CrlParts{}.der());
        const std::string certificate = Builder{}.subject("CN", "CA").certificate().pem();
        assert_says("\"-----BEGIN CERTIFICATE-----\"", error_of(certificate));
        assert_says("\"-----BEGIN CERTIFICATE-----\"", error_of(crl + certificate));
        for (const auto &label : {"X509 CRL----"s, "X509 CRL----- x"s, "x509 CRL-----"s,
                                  "CRL-----"s, "-----"s, "X509  CRL-----"s})
            assert_says("where only CRLs may be", error_of("-----BEGIN " + label + '\n' + crl));
    }

    void refuses_broken_frames()
    {
        const std::string crl = pem_of(CrlParts{}.der());
        const std::string body = crl.substr(25, crl.size() - 25 - 23);
        CPPUNIT_ASSERT_EQUAL(crl, begin_line + body + end_line);
        assert_says("it ends before a line", error_of(begin_line + body));
        assert_says("it ends before a line", error_of(crl + begin_line));
        assert_says("has no line", error_of(end_line + crl));
        assert_says("has no line", error_of(crl + end_line));
        assert_says("where a CRL should end",
                    error_of(begin_line + body + "-----END CERTIFICATE-----\n"));
        assert_says("where a CRL should end",
                    error_of(begin_line + body + "-----END X509 CRL-----x\n"));
        assert_says("base64", error_of(begin_line + body + begin_line + body + end_line));
        assert_says("base64", error_of(begin_line + body + ' ' + end_line));
        assert_says("base64", error_of(begin_line + body.substr(0, body.size() - 1) + end_line));
        CPPUNIT_ASSERT(!error_of(begin_line + ""s + end_line).empty());
    }

    void refuses_broken_base64()
    {
        const std::string crl = pem_of(CrlParts{}.der());
        for (std::size_t at = 25; at < crl.size() - 24; ++at)
            for (const char c : "*-=\0"s) {
                std::string changed = crl;
                changed[at] = c;
                if (changed != crl)
                    CPPUNIT_ASSERT(!error_of(changed).empty());
            }
        assert_says("its base64 is malformed at \"-Type: 4\"",
                    error_of(begin_line + "Proc-Type: 4\n"s + crl));
    }

    void says_which_one_is_wrong()
    {
        CrlParts bad;
        bad.version = integer("\x05");
        const std::string pem = pem_of(CrlParts{}.der());
        CPPUNIT_ASSERT(error_of(pem_of(bad.der())).starts_with("its version"));
        assert_says("CRL number 2 in it: its version", error_of(pem + pem_of(bad.der()) + pem));
    }

    void stays_at_an_error()
    {
        CrlParts bad;
        bad.version = integer("\x05");
        const std::string pem = pem_of(bad.der()) + pem_of(CrlParts{}.der());
        MemorySource source{pem};
        CrlReader reader{source, no_limit};
        for (int i = 0; i < 2; ++i)
            assert_says("its version", reader.next().error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlPemTest);

}  // namespace

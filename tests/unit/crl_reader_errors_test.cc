// SPDX-License-Identifier: Apache-2.0
// What is no CRL, or none that this module can do right by.
#include "crls.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

/// With an algorithm of that OBJECT IDENTIFIER and these parameters.
std::string error_with_algorithm(const std::string &contents)
{
    return error_with(
        [&](CrlParts &parts) { parts.algorithm = parts.outer_algorithm = sequence(contents); });
}

class CrlReaderErrorsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlReaderErrorsTest);
    CPPUNIT_TEST(refuses_what_is_no_crl);
    CPPUNIT_TEST(refuses_other_versions);
    CPPUNIT_TEST(refuses_extensions_in_version_1);
    CPPUNIT_TEST(refuses_trailing_octets);
    CPPUNIT_TEST(refuses_lengths_that_are_none_of_der);
    CPPUNIT_TEST(refuses_elements_that_are_longer_than_what_they_stand_in);
    CPPUNIT_TEST(refuses_issuers_without_a_name);
    CPPUNIT_TEST(refuses_other_forms_of_time);
    CPPUNIT_TEST(refuses_times_that_no_calendar_has);
    CPPUNIT_TEST(refuses_malformed_entries);
    CPPUNIT_TEST(takes_an_empty_list_of_entries);
    CPPUNIT_TEST(refuses_algorithms_that_differ);
    CPPUNIT_TEST(refuses_algorithms_that_nobody_trusts);
    CPPUNIT_TEST(refuses_signatures_that_are_no_octets);
    CPPUNIT_TEST(refuses_large_elements);
    CPPUNIT_TEST(refuses_more_than_the_limit);
    CPPUNIT_TEST(passes_errors_of_the_source_on);
    CPPUNIT_TEST(leaves_no_error_of_openssl_behind);
    CPPUNIT_TEST_SUITE_END();

    void refuses_what_is_no_crl()
    {
        for (const auto &text : {""s, "0"s, "00"s, "\n"s, "<html>404</html>"s, "\0"s, "-----BEGIN"s,
                                 "0x30 is how it begins\n"s})
            CPPUNIT_ASSERT_EQUAL("there is no CRL in it, neither DER nor PEM"s, error_of(text));
        const auto certificate = Builder{}.subject("CN", "CA").certificate();
        assert_says("its signature algorithm is malformed",
                    error_of(certificate.der().substr(0, 8)));
        CPPUNIT_ASSERT(!error_of(certificate.der()).empty());
    }

    void refuses_other_versions()
    {
        for (const auto &version : {"\0"s, "\x02"s, "\x03"s, "\x01\0"s, "\0\x01"s, ""s, "\xff"s})
            assert_says("its version is not 2",
                        error_with([&](CrlParts &parts) { parts.version = integer(version); }));
    }

    void refuses_extensions_in_version_1()
    {
        CPPUNIT_ASSERT_EQUAL(""s, error_with([](CrlParts &parts) { parts.version_1(); }));
        assert_says("it has extensions, which a CRL of version 1", error_with([](CrlParts &parts) {
                        parts.version_1().extensions = extension(crl_number_oid, integer("\x01"));
                    }));
        assert_says("its entry number 2 has extensions, which a CRL of version 1",
                    error_with([](CrlParts &parts) {
                        parts.version_1().entries += entry("\x06", reason(1));
                    }));
    }

    void refuses_trailing_octets()
    {
        const CrlParts parts;
        const std::string der = parts.der();
        for (const auto &more : {"\0"s, "\n"s, der, std::string(500000, '\0')})
            CPPUNIT_ASSERT_EQUAL("octets follow the CRL"s, error_of(der + more));
        const std::string signature = element(0x03, "\0signature"s);
        assert_says("something follows the signature",
                    error_of(sequence(parts.tbs() + ecdsa_with_sha256 + signature + "\x05\0"s)));
        CrlParts more;
        more.extensions += sequence("") + "";
        CPPUNIT_ASSERT(!error_of(more.der()).empty());
        assert_says("something follows the extensions", error_with([](CrlParts &changed) {
                        // Inside of the tbsCertList, behind its last field.
                        changed.entries += "";
                        changed.updates +=
                            sequence(changed.entries) + element(0xa0, sequence(changed.extensions));
                        changed.entries = entry("\x01");
                        changed.extensions.clear();
                    }));
    }

    void refuses_lengths_that_are_none_of_der()
    {
        const std::string no_der = "has a length that is none of DER";
        const std::string contents = name_of("CA").substr(2);
        const std::string size{static_cast<char>(contents.size())};
        for (const auto &header :
             {"\x30\x80"s, "\x30\x81"s + size, "\x30\x82\0"s + size,
              "\x30\x88\0\0\0\0\0\0\0"s + size, "\x30\x89\1\1\1\1\1\1\1\1\1"s, "\x30\xff"s})
            assert_says("its issuer " + no_der,
                        error_with([&](CrlParts &parts) { parts.issuer = header + contents; }));
        const std::string fields = entry("\x05").substr(2);
        assert_says("its entry number 2 " + no_der,
                    error_with_entry(entry("\x01") + "\x30\x80" + fields + "\0\0"s));
        const std::string der = CrlParts{}.der();
        for (const auto &header : {"\x30\x80"s, "\x30\x83\0"s, "\x30\x82\0"s, "\x30\x88\xff"s})
            assert_says("it does not begin as a CRL", error_of(header + der.substr(2)));
    }

    void refuses_elements_that_are_longer_than_what_they_stand_in()
    {
        const std::string longer = "is longer than what it stands in";
        assert_says("its entry number 1 " + longer, error_with_entry("\x30\x7f" + integer("\x05")));
        const std::string huge = "\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert_says("its entry number 1 " + longer, error_with_entry(huge));
        assert_says("its tbsCertList " + longer,
                    error_of(sequence("\x30\x84\x7f\0\0\0"s + CrlParts{}.tbs().substr(4))));
    }

    void refuses_issuers_without_a_name()
    {
        for (const auto &issuer : {sequence(""), sequence("\x31\0"s), sequence("garbage"),
                                   sequence(element(0x31, sequence("\x06\0"s)))})
            assert_says("its issuer is malformed or empty",
                        error_with([&](CrlParts &parts) { parts.issuer = issuer; }));
        assert_says("something else is in the place of its issuer",
                    error_with([](CrlParts &parts) { parts.issuer = element(0x31, "x"); }));
    }

    void refuses_other_forms_of_time()
    {
        for (const auto &time :
             {utc_time("2501010000Z"), utc_time("250101000000"), utc_time("250101000000+0000"),
              utc_time("20250101000000Z"), utc_time("250101000000z"), utc_time("25010100000 Z"),
              utc_time(""), utc_time("25/101000000Z"), utc_time("2:0101000000Z"),
              generalized_time("250101000000Z"), generalized_time("20250101000000.5Z"),
              generalized_time("20250101000000"), generalized_time("2025010100000\xb1Z")}) {
            assert_says("its thisUpdate is no time as RFC 5280 writes it",
                        error_with([&](CrlParts &parts) { parts.updates = time; }));
            assert_says("its nextUpdate is no time as RFC 5280 writes it",
                        error_with([&](CrlParts &parts) {
                            parts.updates = utc_time("250101000000Z") + time;
                        }));
            assert_says("its entry number 1 has no revocationDate",
                        error_with_entry(entry("\x05", {}, time)));
        }
        assert_says("something else is in the place of its thisUpdate",
                    error_with([](CrlParts &parts) { parts.updates.clear(); }));
    }

    void refuses_times_that_no_calendar_has()
    {
        for (const std::string time :
             {"250230000000Z", "250229000000Z", "251301000000Z", "250001000000Z", "250100000000Z",
              "250132000000Z", "250101240000Z", "250101006000Z", "250101000060Z",
              "000000000000Z"}) {
            assert_says("revocationDate", error_with_entry(entry("\x05", {}, utc_time(time))));
            assert_says("revocationDate",
                        error_with_entry(entry("\x05", {}, generalized_time("20" + time))));
        }
        // Digits of a day that came before, in another form.
        assert_says("revocationDate",
                    error_with_entry(entry("\x05", {}, utc_time("200101000000Z")) +
                                     entry("\x06", {}, generalized_time("20010100000000Z"))));
    }

    void refuses_malformed_entries()
    {
        const std::string date = utc_time("250101000000Z");
        for (const auto &contents : {""s, date, integer("") + date, integer("\0\x01"s) + date,
                                     integer("\xff\xff") + date, element(0x0a, "\x05") + date})
            assert_says("its entry number 2 has no serial number",
                        error_with_entry(entry("\x05") + sequence(contents)));
        assert_says("no revocationDate", error_with_entry(sequence(integer("\x05"))));
        for (const auto &more : {sequence("x") + "\x05\0"s, "\x05\0"s, "\x30\x7f"s})
            assert_says("extensions that are malformed",
                        error_with_entry(sequence(integer("\x05") + date + more)));
        assert_says("extensions that are an empty list",
                    error_with_entry(sequence(integer("\x05") + date + "\x30\0"s)));
        assert_says("something else is in the place of its entry number 2",
                    error_with_entry(entry("\x05") + "\x31\0"s));
    }

    void takes_an_empty_list_of_entries()
    {
        CrlParts parts;
        parts.updates += sequence("");
        parts.entries.clear();
        CPPUNIT_ASSERT_EQUAL(""s, error_of(parts.der()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, read_one(parts.der()).info.entries);
        CPPUNIT_ASSERT_EQUAL("\7"s, read_one(parts.der()).info.number.value_or(""));
    }

    void refuses_algorithms_that_differ()
    {
        assert_says("it names two different signature algorithms", error_with([](CrlParts &parts) {
                        parts.outer_algorithm =
                            sequence(element(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x03"));
                    }));
    }

    void refuses_algorithms_that_nobody_trusts()
    {
        const std::string null = "\x05\0"s;
        assert_says(
            "it is signed with md5WithRSAEncryption, which is not trusted here",
            error_with_algorithm(element(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04") + null));
        assert_says("it is signed with 1.2.3.4,", error_with_algorithm(element(0x06, private_oid)));
        assert_says("parameters", error_with_algorithm(element(0x06, private_oid) + integer("\1")));
        for (const auto &contents :
             {""s, "garbage"s, null, element(0x06, private_oid) + null + null})
            assert_says("its signature algorithm is malformed", error_with_algorithm(contents));
    }

    void refuses_signatures_that_are_no_octets()
    {
        const CrlParts parts;
        for (const auto &contents : {""s, "\x01\x02"s})
            assert_says(
                "its signature is no string of octets",
                error_of(sequence(parts.tbs() + ecdsa_with_sha256 + element(0x03, contents))));
        assert_says("something else is in the place of its signature",
                    error_of(sequence(parts.tbs() + ecdsa_with_sha256)));
        assert_says("something else is in the place of its signatureAlgorithm",
                    error_of(sequence(parts.tbs())));
    }

    void refuses_large_elements()
    {
        const auto large = [](std::size_t size) {
            return error_with_entry(entry("\x05", extension(private_oid, std::string(size, 'x'))));
        };
        CPPUNIT_ASSERT_EQUAL(""s, large(65000));
        assert_says("its entry number 1 has more than 65536 octets", large(65600));
    }

    void refuses_more_than_the_limit()
    {
        const std::string der = CrlParts{}.der();
        const auto error = [](const std::string &octets, std::uint64_t limit) {
            MemorySource source{octets};
            const auto crls = read_all(source, limit);
            return crls ? std::string{} : crls.error();
        };
        CPPUNIT_ASSERT_EQUAL(""s, error(der, der.size()));
        CPPUNIT_ASSERT(!error(der, der.size() - 1).empty());
        CPPUNIT_ASSERT_EQUAL(""s, error(pem_of(der), pem_of(der).size()));
        CPPUNIT_ASSERT(!error(pem_of(der), pem_of(der).size() - 1).empty());
        // Already its first octets say so.
        assert_says(
            "it has 2147483654 octets; the limit is 1000",
            error("\x30\x84\x80\0\0\0\x30\x84\x7f\0\0\0"s + CrlParts{}.tbs().substr(3, 60), 1000));
    }

    void passes_errors_of_the_source_on()
    {
        const std::string der = CrlParts{}.der();
        for (const auto &octets : {der, pem_of(der)})
            for (const std::size_t position :
                 {std::size_t{0}, std::size_t{2}, octets.size() - 1, octets.size()}) {
                MemorySource source{octets};
                source.breaks_at(position);
                const auto crls = read_all(source);
                CPPUNIT_ASSERT_EQUAL("the disk is broken"s, crls ? ""s : crls.error());
            }
    }

    void leaves_no_error_of_openssl_behind()
    {
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 42);
        (void)error_with_extensions(extension(distribution_point_oid, "garbage"));
        (void)error_with_extensions(extension(key_identifier_oid, "garbage"));
        (void)error_with_extensions(extension("\x80\x80", "", true));
        (void)error_with_algorithm("garbage");
        (void)error_with([](CrlParts &parts) { parts.issuer = sequence("garbage"); });
        (void)read_one(CrlParts{}.der()).signature.verifies(ec_key().get());
        CPPUNIT_ASSERT_EQUAL(42, ERR_GET_REASON(ERR_get_error()));
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_get_error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlReaderErrorsTest);

}  // namespace

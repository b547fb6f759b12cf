// SPDX-License-Identifier: Apache-2.0
#include "pki.hh"

#include <clientcert/certificate.hh>
#include <clientcert/name.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::day;

using Texts = std::vector<std::string>;

std::string serial_of(const char *hex)
{
    return Builder{}.serial(hex).certificate().serial();
}

Certificate with_times(int type, const std::string &from, const std::string &until)
{
    return Builder{}.times(type, from, until).certificate();
}

class CertificateTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CertificateTest);
    CPPUNIT_TEST(reads_the_leaf_of_rfc_9440);
    CPPUNIT_TEST(writes_the_pem_and_der_it_was_read_from);
    CPPUNIT_TEST(digests_as_openssl_does);
    CPPUNIT_TEST(marks_certificates_by_their_signatures);
    CPPUNIT_TEST(lives_as_long_as_somebody_has_it);
    CPPUNIT_TEST(prints_serials_in_whole_octets);
    CPPUNIT_TEST(prints_huge_serials_as_openssl_does);
    CPPUNIT_TEST(reads_both_kinds_of_time);
    CPPUNIT_TEST(takes_a_time_it_cannot_read_for_the_epoch);
    CPPUNIT_TEST(prints_times_of_rfc_3339);
    CPPUNIT_TEST(prints_years_in_four_digits);
    CPPUNIT_TEST(survives_times_that_no_calendar_has);
    CPPUNIT_TEST(names_extended_key_usages_twice);
    CPPUNIT_TEST(numbers_an_extended_key_usage_without_a_name);
    CPPUNIT_TEST(lists_policies_by_number);
    CPPUNIT_TEST(has_no_usages_and_policies_where_they_are_malformed);
    CPPUNIT_TEST(prints_extensions_by_any_of_their_names);
    CPPUNIT_TEST(prints_strings_of_extensions_that_openssl_does_not_know);
    CPPUNIT_TEST(leaves_out_extensions_that_are_neither_known_nor_strings);
    CPPUNIT_TEST(leaves_no_error_behind_for_mod_ssl);
    CPPUNIT_TEST_SUITE_END();

    void reads_the_leaf_of_rfc_9440()
    {
        const auto leaf = test::certificate_of_file("rfc9440/leaf.pem");
        CPPUNIT_ASSERT_EQUAL("CN=BC"s, rfc4514(leaf.subject()));
        CPPUNIT_ASSERT_EQUAL("CN=LA Intermediate CA,O=Let's Authenticate"s, rfc4514(leaf.issuer()));
        CPPUNIT_ASSERT_EQUAL("07"s, leaf.serial());
        CPPUNIT_ASSERT_EQUAL("2020-01-14T22:55:33Z"s, rfc3339(leaf.not_before()));
        CPPUNIT_ASSERT_EQUAL("2021-01-23T22:55:33Z"s, rfc3339(leaf.not_after()));
        CPPUNIT_ASSERT((Texts{"clientAuth", "1.3.6.1.5.5.7.3.2"}) == leaf.extended_key_usages());
        CPPUNIT_ASSERT(leaf.policies().empty());
        CPPUNIT_ASSERT_EQUAL(1UL, leaf.subject_alt_names().size());
        CPPUNIT_ASSERT_EQUAL("bdc@example.com"s, leaf.subject_alt_names()[0].text);
    }

    void writes_the_pem_and_der_it_was_read_from()
    {
        for (const auto &name : {"rfc9440/leaf.pem"s, "rfc9440/intermediate.pem"s}) {
            const auto certificate = test::certificate_of_file(name);
            CPPUNIT_ASSERT_EQUAL(test::contents_of(name), certificate.pem());
            CPPUNIT_ASSERT_EQUAL(certificate.der(),
                                 test::certificate_of_der(certificate.der()).der());
        }
    }

    void digests_as_openssl_does()
    {
        // openssl x509 -fingerprint -sha256; openssl pkey -pubin -outform DER | sha256sum
        const auto leaf = test::certificate_of_file("rfc9440/leaf.pem");
        CPPUNIT_ASSERT_EQUAL("bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb"s,
                             lower_hex(leaf.fingerprint()));
        CPPUNIT_ASSERT_EQUAL("c93bd926a3e41be0502799af43521b2c2814e5bc6b6578651841d00e9dee69de"s,
                             lower_hex(leaf.spki_fingerprint()));
    }

    void marks_certificates_by_their_signatures()
    {
        const auto leaf = test::certificate_of_file("rfc9440/leaf.pem");
        const std::string der = leaf.der();
        CPPUNIT_ASSERT_EQUAL(Certificate::mark_size, leaf.mark().size());
        CPPUNIT_ASSERT_EQUAL(der.substr(der.size() - Certificate::mark_size), leaf.mark());
        CPPUNIT_ASSERT(test::certificate_of_file("rfc9440/root.pem").mark() != leaf.mark());
    }

    void lives_as_long_as_somebody_has_it()
    {
        auto first = std::make_unique<Certificate>(Builder{}.subject("CN", "Alice").certificate());
        const Certificate second = *first;
        first.reset();
        CPPUNIT_ASSERT_EQUAL("CN=Alice"s, rfc4514(second.subject()));
    }

    void prints_serials_in_whole_octets()
    {
        CPPUNIT_ASSERT_EQUAL("00"s, serial_of("0"));
        CPPUNIT_ASSERT_EQUAL("0A"s, serial_of("a"));
        CPPUNIT_ASSERT_EQUAL("0ABC"s, serial_of("abc"));
        CPPUNIT_ASSERT_EQUAL("FF"s, serial_of("ff"));
        CPPUNIT_ASSERT_EQUAL("-01"s, serial_of("-1"));
        CPPUNIT_ASSERT_EQUAL("-8000"s, serial_of("-8000"));
        CPPUNIT_ASSERT_EQUAL("A4B4CA2A8AB65868"s,
                             test::certificate_of_file("rfc9440/root.pem").serial());
    }

    void prints_huge_serials_as_openssl_does()
    {
        // RFC 5280 allows twenty octets; OpenSSL breaks the line after thirty-five.
        const std::string digits = "1" + std::string(71, 'A');
        CPPUNIT_ASSERT_EQUAL(digits.substr(0, 70) + "\\\n" + digits.substr(70),
                             serial_of(digits.c_str()));
    }

    void reads_both_kinds_of_time()
    {
        const auto utc = with_times(V_ASN1_UTCTIME, "500101000000Z", "491231235959Z");
        CPPUNIT_ASSERT(utc.not_before() == day(1950, 1, 1));
        CPPUNIT_ASSERT(utc.not_after() == day(2050, 1, 1) - std::chrono::seconds{1});
        const auto generalized =
            with_times(V_ASN1_GENERALIZEDTIME, "20500101000001Z", "99991231235959Z");
        CPPUNIT_ASSERT(generalized.not_before() == day(2050, 1, 1) + std::chrono::seconds{1});
        CPPUNIT_ASSERT_EQUAL("9999-12-31T23:59:59Z"s, rfc3339(generalized.not_after()));
    }

    void takes_a_time_it_cannot_read_for_the_epoch()
    {
        for (const auto &text : {""s, "Z"s, "never"s, "201332000000Z"s, "20010100000Z"s,
                                 "2001010000\0"s + "0Z", std::string(1000, '9')}) {
            const auto certificate = with_times(V_ASN1_UTCTIME, text, text);
            CPPUNIT_ASSERT_MESSAGE(text, certificate.not_before() == Time{});
            CPPUNIT_ASSERT_MESSAGE(text, certificate.not_after() == Time{});
        }
    }

    void prints_times_of_rfc_3339()
    {
        CPPUNIT_ASSERT_EQUAL("1970-01-01T00:00:00Z"s, rfc3339(Time{}));
        CPPUNIT_ASSERT_EQUAL("1969-12-31T23:59:59Z"s, rfc3339(Time{std::chrono::seconds{-1}}));
        CPPUNIT_ASSERT_EQUAL("2024-02-29T00:00:00Z"s, rfc3339(day(2024, 2, 29)));
        CPPUNIT_ASSERT_EQUAL("2038-01-19T03:14:08Z"s,
                             rfc3339(Time{std::chrono::seconds{1LL << 31}}));
    }

    void prints_years_in_four_digits()
    {
        const auto old = with_times(V_ASN1_GENERALIZEDTIME, "00010203040506Z", "09991231235959Z");
        CPPUNIT_ASSERT_EQUAL("0001-02-03T04:05:06Z"s, rfc3339(old.not_before()));
        CPPUNIT_ASSERT_EQUAL("0999-12-31T23:59:59Z"s, rfc3339(old.not_after()));
    }

    void survives_times_that_no_calendar_has()
    {
        CPPUNIT_ASSERT_EQUAL(""s, rfc3339(Time::max()));
        CPPUNIT_ASSERT_EQUAL(""s, rfc3339(Time::min()));
    }

    void names_extended_key_usages_twice()
    {
        const auto certificate =
            Builder{}.extension("extendedKeyUsage", "clientAuth,emailProtection").certificate();
        CPPUNIT_ASSERT((Texts{"clientAuth", "1.3.6.1.5.5.7.3.2", "emailProtection",
                              "1.3.6.1.5.5.7.3.4"}) == certificate.extended_key_usages());
    }

    void numbers_an_extended_key_usage_without_a_name()
    {
        const auto certificate =
            Builder{}.extension("extendedKeyUsage", "1.3.6.1.4.1.99999.1.2").certificate();
        CPPUNIT_ASSERT((Texts{"1.3.6.1.4.1.99999.1.2"}) == certificate.extended_key_usages());
    }

    void lists_policies_by_number()
    {
        const auto certificate =
            Builder{}
                .extension_der("2.5.29.32", "\x30\x0f\x30\x05\x06\x03\x2a\x03\x04"
                                            "\x30\x06\x06\x04\x55\x1d\x20\x00"s)
                .certificate();
        CPPUNIT_ASSERT((Texts{"1.2.3.4", "2.5.29.32.0"}) == certificate.policies());
    }

    void has_no_usages_and_policies_where_they_are_malformed()
    {
        const auto certificate = Builder{}
                                     .extension_der("2.5.29.37", "\x30\x05garbage")
                                     .extension_der("2.5.29.32", "")
                                     .certificate();
        CPPUNIT_ASSERT(certificate.extended_key_usages().empty());
        CPPUNIT_ASSERT(certificate.policies().empty());
    }

    void prints_extensions_by_any_of_their_names()
    {
        const auto leaf = test::certificate_of_file("rfc9440/leaf.pem");
        for (const auto &name :
             {"subjectAltName"s, "X509v3 Subject Alternative Name"s, "2.5.29.17"s})
            CPPUNIT_ASSERT_MESSAGE(name, (Texts{"email:bdc@example.com"}) == leaf.extensions(name));
        CPPUNIT_ASSERT((Texts{"TLS Web Client Authentication"}) ==
                       leaf.extensions("extendedKeyUsage"));
        for (const auto &name :
             {"nsComment"s, "2.5.29.99"s, "no such name"s, ""s, "SUBJECTALTNAME"s})
            CPPUNIT_ASSERT_MESSAGE(name, leaf.extensions(name).empty());
    }

    void prints_strings_of_extensions_that_openssl_does_not_know()
    {
        const auto certificate = Builder{}
                                     .extension_der("1.2.3.4.5", "\x0c\x05garex")
                                     .extension_der("1.2.3.4.6", "\x16\x01x")
                                     .extension_der("1.2.3.4.5", "\x1e\x02\x20\xac"s)
                                     .certificate();
        CPPUNIT_ASSERT((Texts{"garex", "\xe2\x82\xac"}) == certificate.extensions("1.2.3.4.5"));
        CPPUNIT_ASSERT((Texts{"x"}) == certificate.extensions("1.2.3.4.6"));
        // What stands before a NUL must not pass for the whole.
        for (const auto &name : {"1.2.3.4.5"s, "nsComment"s})
            CPPUNIT_ASSERT_MESSAGE(
                name, (Texts{"staff\\00x"}) ==
                          Builder{}
                              .extension_der("1.2.3.4.5", "\x16\x07staff\0x"s)
                              .extension_der("2.16.840.1.113730.1.13", "\x16\x07staff\0x"s)
                              .certificate()
                              .extensions(name));
    }

    void leaves_out_extensions_that_are_neither_known_nor_strings()
    {
        for (const auto &der : {""s, "\x02\x01\x07"s, "\x0c\x05x"s, "\x30\x80"s, "plain"s})
            CPPUNIT_ASSERT(Builder{}
                               .extension_der("1.2.3.4.5", der)
                               .certificate()
                               .extensions("1.2.3.4.5")
                               .empty());
    }

    void leaves_no_error_behind_for_mod_ssl()
    {
        const auto certificate = Builder{}
                                     .extension_der("2.5.29.37", "\x30\x05garbage")
                                     .extension_der("2.5.29.17", "garbage")
                                     .extension_der("1.2.3.4.5", "garbage")
                                     .times(V_ASN1_UTCTIME, "never", "never")
                                     .certificate();
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 42);
        (void)certificate.extended_key_usages();
        (void)certificate.policies();
        (void)certificate.subject_alt_names();
        (void)certificate.extensions("1.2.3.4.5");
        (void)certificate.extensions("no such name");
        (void)certificate.not_before();
        CPPUNIT_ASSERT_EQUAL(42, ERR_GET_REASON(ERR_get_error()));
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_get_error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CertificateTest);

}  // namespace

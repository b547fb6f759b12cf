// SPDX-License-Identifier: Apache-2.0
// Alternative names of <clientcert/certificate.hh>.
#include "pki.hh"

#include <clientcert/certificate.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;

constexpr const char *ms_upn = "1.3.6.1.4.1.311.20.2.3";
constexpr const char *dns_srv = "1.3.6.1.5.5.7.8.7";

SubjectAltName only_name_of(Builder &builder)
{
    const auto names = builder.certificate().subject_alt_names();
    CPPUNIT_ASSERT_EQUAL(1UL, names.size());
    return names[0];
}

class SubjectAltNameTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SubjectAltNameTest);
    CPPUNIT_TEST(reads_every_kind_in_the_order_of_the_extension);
    CPPUNIT_TEST(leaves_out_kinds_it_does_not_know);
    CPPUNIT_TEST(prints_addresses_in_their_canonical_form);
    CPPUNIT_TEST(leaves_out_addresses_of_odd_length);
    CPPUNIT_TEST(counts_other_names_of_another_string_type_without_a_text);
    CPPUNIT_TEST(makes_names_with_control_characters_unusable);
    CPPUNIT_TEST(keeps_names_with_odd_but_printable_characters);
    CPPUNIT_TEST(never_prints_two_names_alike);
    CPPUNIT_TEST(has_no_names_where_the_extension_is_malformed);
    CPPUNIT_TEST(has_no_names_where_there_are_two_extensions);
    CPPUNIT_TEST(has_no_names_without_the_extension);
    CPPUNIT_TEST_SUITE_END();

    void reads_every_kind_in_the_order_of_the_extension()
    {
        const auto names = Builder{}
                               .alternative_name(GEN_URI, "urn:x")
                               .alternative_name(GEN_DNS, "b.example")
                               .other_name(ms_upn, V_ASN1_UTF8STRING, "alice@corp")
                               .alternative_name(GEN_EMAIL, "alice@example.com")
                               .alternative_name(GEN_IPADD, "\xc0\x00\x02\x01"s)
                               .other_name(dns_srv, V_ASN1_IA5STRING, "_x.example")
                               .alternative_name(GEN_DNS, "a.example")
                               .certificate()
                               .subject_alt_names();
        const std::vector<std::pair<SanType, std::string>> expected{
            {SanType::uri, "urn:x"},      {SanType::dns, "b.example"},
            {SanType::upn, "alice@corp"}, {SanType::email, "alice@example.com"},
            {SanType::ip, "192.0.2.1"},   {SanType::dns_srv, "_x.example"},
            {SanType::dns, "a.example"},
        };
        CPPUNIT_ASSERT_EQUAL(expected.size(), names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            CPPUNIT_ASSERT(names[i].type == expected[i].first);
            CPPUNIT_ASSERT_EQUAL(expected[i].second, names[i].text);
            CPPUNIT_ASSERT(names[i].usable);
        }
    }

    void leaves_out_kinds_it_does_not_know()
    {
        // registeredID 1.2.3, directoryName CN=a, otherName 1.2.3 = UTF8String "a", ediPartyName
        const auto certificate =
            Builder{}
                .extension_der("2.5.29.17",
                               "\x30\x26\x88\x02\x2a\x03"
                               "\xa4\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"
                               "\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01\x61"
                               "\xa5\x05\xa1\x03\x0c\x01\x61")
                .certificate();
        const openssl::GeneralNamesPtr parsed{static_cast<GENERAL_NAMES *>(
            X509_get_ext_d2i(certificate.x509(), NID_subject_alt_name, nullptr, nullptr))};
        CPPUNIT_ASSERT_EQUAL(4, sk_GENERAL_NAME_num(parsed.get()));
        CPPUNIT_ASSERT(certificate.subject_alt_names().empty());
    }

    void prints_addresses_in_their_canonical_form()
    {
        const auto address = [](const char *hex) {
            return only_name_of(Builder{}.alternative_name(GEN_IPADD, *from_hex(hex))).text;
        };
        CPPUNIT_ASSERT_EQUAL("0.0.0.0"s, address("00000000"));
        CPPUNIT_ASSERT_EQUAL("255.255.255.255"s, address("ffffffff"));
        CPPUNIT_ASSERT_EQUAL("::"s, address("00000000000000000000000000000000"));
        CPPUNIT_ASSERT_EQUAL("2001:db8::1"s, address("20010db8000000000000000000000001"));
        CPPUNIT_ASSERT_EQUAL("::ffff:192.0.2.1"s, address("00000000000000000000ffffc0000201"));
    }

    void leaves_out_addresses_of_odd_length()
    {
        // Eight and thirty-two are an address and its mask: for name constraints alone.
        for (const std::size_t size : {0UL, 1UL, 3UL, 5UL, 8UL, 15UL, 17UL, 32UL})
            CPPUNIT_ASSERT(Builder{}
                               .alternative_name(GEN_IPADD, std::string(size, '\1'))
                               .certificate()
                               .subject_alt_names()
                               .empty());
    }

    void counts_other_names_of_another_string_type_without_a_text()
    {
        const auto names = Builder{}
                               .other_name(ms_upn, V_ASN1_IA5STRING, "a@b")
                               .other_name(ms_upn, V_ASN1_OCTET_STRING, "a@b")
                               .other_name(dns_srv, V_ASN1_UTF8STRING, "_x")
                               .certificate()
                               .subject_alt_names();
        CPPUNIT_ASSERT_EQUAL(3UL, names.size());
        for (const auto &name : names) {
            CPPUNIT_ASSERT_EQUAL(""s, name.text);
            CPPUNIT_ASSERT(!name.usable);
        }
    }

    void makes_names_with_control_characters_unusable()
    {
        for (const int type : {GEN_EMAIL, GEN_DNS, GEN_URI})
            for (const auto &text :
                 {"good.example\0.evil.example"s, "a\r\nX: y"s, "\x7f"s, "a\0"s, "\x1b[2J"s}) {
                const auto name = only_name_of(Builder{}.alternative_name(type, text));
                CPPUNIT_ASSERT(!name.usable);
                CPPUNIT_ASSERT(std::ranges::all_of(
                    name.text, [](unsigned char c) { return c >= ' ' && c != 0x7f; }));
            }
        const auto upn = only_name_of(Builder{}.other_name(ms_upn, V_ASN1_UTF8STRING, "a\0b"s));
        CPPUNIT_ASSERT(!upn.usable);
        CPPUNIT_ASSERT_EQUAL("a\\00b"s, upn.text);
        // No UTF-8 at all: nobody knows what it says.
        CPPUNIT_ASSERT(
            !only_name_of(Builder{}.other_name(ms_upn, V_ASN1_UTF8STRING, "\xff\xfe")).usable);
    }

    void keeps_names_with_odd_but_printable_characters()
    {
        for (const auto &text : {""s, " "s, "*"s, "a,DNS:b"s, R"("a b"@example.com)"s, "#%&="s}) {
            const auto name = only_name_of(Builder{}.alternative_name(GEN_EMAIL, text));
            CPPUNIT_ASSERT(name.usable);
            CPPUNIT_ASSERT_EQUAL(text, name.text);
        }
        const auto upn =
            only_name_of(Builder{}.other_name(ms_upn, V_ASN1_UTF8STRING, "\xc3\xa9@b"));
        CPPUNIT_ASSERT(upn.usable);
        CPPUNIT_ASSERT_EQUAL("\xc3\xa9@b"s, upn.text);
    }

    void never_prints_two_names_alike()
    {
        const auto text = [](std::string_view octets) {
            return only_name_of(Builder{}.alternative_name(GEN_DNS, octets)).text;
        };
        CPPUNIT_ASSERT_EQUAL("a\\00b"s, text("a\0b"s));
        CPPUNIT_ASSERT_EQUAL("a\\\\00b"s, text("a\\00b"));
        CPPUNIT_ASSERT_EQUAL("a\\\\\\00b"s, text("a\\\0b"s));
    }

    void has_no_names_where_the_extension_is_malformed()
    {
        for (const auto &der : {""s, "garbage"s, "\x30\x03\x82\x05x"s, "\x30\x80"s, "\x30\x00"s})
            CPPUNIT_ASSERT(Builder{}
                               .extension_der("2.5.29.17", der)
                               .certificate()
                               .subject_alt_names()
                               .empty());
    }

    void has_no_names_where_there_are_two_extensions()
    {
        // RFC 5280, 4.2: at most one; whose names would count?
        const auto names = Builder{}
                               .extension_der("2.5.29.17", "\x30\x03\x82\x01x")
                               .extension_der("2.5.29.17", "\x30\x03\x82\x01y")
                               .certificate()
                               .subject_alt_names();
        CPPUNIT_ASSERT(names.empty());
    }

    void has_no_names_without_the_extension()
    {
        CPPUNIT_ASSERT(Builder{}.certificate().subject_alt_names().empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SubjectAltNameTest);

}  // namespace

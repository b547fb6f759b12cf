// SPDX-License-Identifier: Apache-2.0
// Names as text, and their values; DistinguishedNameTest has the names that people write.
#include "names.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Chance;
using test::Name;

constexpr unsigned long escape_msb = ASN1_STRFLGS_ESC_MSB;

std::string printed_by_openssl(const X509_NAME *name, unsigned long flags)
{
    const auto bio = openssl::memory();
    X509_NAME_print_ex(bio.get(), name, 0, flags);
    return openssl::contents(bio);
}

/// What mod_ssl makes of one value.
std::string value_by_openssl(const ASN1_STRING *value, bool raw)
{
    const auto bio = openssl::memory();
    ASN1_STRING_print_ex(bio.get(), value,
                         ASN1_STRFLGS_ESC_CTRL | (raw ? 0UL : ASN1_STRFLGS_UTF8_CONVERT));
    return openssl::contents(bio);
}

std::vector<std::string> values_by_openssl(const X509_NAME *name, int nid, bool raw)
{
    std::vector<std::string> values;
    for (int i = -1; (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;)
        values.push_back(
            value_by_openssl(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)), raw));
    return values;
}

struct Tag {
    const char *name;
    int nid;
};

// The manual of mod_ssl, "Environment Variables".
constexpr auto tags_of_mod_ssl = std::to_array<Tag>({
    {"C", NID_countryName},
    {"ST", NID_stateOrProvinceName},
    {"SP", NID_stateOrProvinceName},
    {"L", NID_localityName},
    {"O", NID_organizationName},
    {"OU", NID_organizationalUnitName},
    {"CN", NID_commonName},
    {"T", NID_title},
    {"I", NID_initials},
    {"G", NID_givenName},
    {"S", NID_surname},
    {"D", NID_description},
    {"UID", NID_userId},
    {"Email", NID_pkcs9_emailAddress},
});

class NameTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NameTest);
    CPPUNIT_TEST(prints_what_the_command_line_prints);
    CPPUNIT_TEST(prints_random_names_as_openssl_does);
    CPPUNIT_TEST(prints_every_string_type_as_openssl_does);
    CPPUNIT_TEST(escapes_every_octet_as_openssl_does);
    CPPUNIT_TEST(prints_an_empty_name);
    CPPUNIT_TEST(prints_three_hundred_attributes);
    CPPUNIT_TEST(gives_values_in_the_order_of_the_encoding);
    CPPUNIT_TEST(gives_the_values_of_random_names_as_mod_ssl_does);
    CPPUNIT_TEST(gives_every_octet_of_a_value_as_mod_ssl_does);
    CPPUNIT_TEST(gives_raw_values_as_mod_ssl_does);
    CPPUNIT_TEST(has_no_value_beyond_the_last);
    CPPUNIT_TEST(calls_attributes_as_openssl_does);
    CPPUNIT_TEST(knows_every_tag_of_mod_ssl);
    CPPUNIT_TEST(knows_no_tag_in_another_case);
    CPPUNIT_TEST(finds_attributes_by_any_name_people_use);
    CPPUNIT_TEST(refuses_what_is_no_attribute_type);
    CPPUNIT_TEST_SUITE_END();

    void prints_what_the_command_line_prints()
    {
        for (const auto &row : test::rows_of("printed-names.txt")) {
            const auto name = test::name_of_der(*from_hex(row.at(0)));
            CPPUNIT_ASSERT_EQUAL(row.at(1), rfc2253(name.get()));
            CPPUNIT_ASSERT_EQUAL(row.at(2), rfc4514(name.get()));
        }
    }

    void prints_random_names_as_openssl_does()
    {
        Chance chance{4514};
        int usual = 0;
        for (int i = 0; i < 5000; ++i) {
            const Name name = test::random_name(chance);
            const auto expected = printed_by_openssl(name.get(), XN_FLAG_RFC2253 & ~escape_msb);
            CPPUNIT_ASSERT_EQUAL(expected, rfc4514(name.get()));
            CPPUNIT_ASSERT_EQUAL(printed_by_openssl(name.get(), XN_FLAG_RFC2253),
                                 rfc2253(name.get()));
            usual += expected.find('\\') == expected.npos ? 1 : 0;
        }
        // Neither way of printing is left untried.
        CPPUNIT_ASSERT(usual > 1000 && usual < 4000);
    }

    void prints_every_string_type_as_openssl_does()
    {
        for (int type = 1; type <= 30; ++type)
            for (const auto &value : {""s, "a"s, "\0a"s, "\0\0\0a"s, "\xe9"s, "\x01\x11\0\xe9"s,
                                      "a, b"s, " a"s, "a "s, "#a"s, "\xff\xfe\xff"s}) {
                const Name name{test::needed(X509_NAME_new())};
                X509_NAME_add_entry_by_NID(name.get(), NID_commonName, type,
                                           octets_of(value).data(), static_cast<int>(value.size()),
                                           -1, 0);
                CPPUNIT_ASSERT_EQUAL_MESSAGE(
                    std::to_string(type),
                    printed_by_openssl(name.get(), XN_FLAG_RFC2253 & ~escape_msb),
                    rfc4514(name.get()));
            }
    }

    void escapes_every_octet_as_openssl_does()
    {
        for (const int type : {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,
                               V_ASN1_T61STRING, V_ASN1_NUMERICSTRING})
            for (int octet = 0; octet < 256; ++octet) {
                const std::string one{static_cast<char>(octet)};
                for (const auto &value : {one, one + one, "a" + one, one + "a", "a" + one + "a"}) {
                    const Name name = test::name_of({{"CN", value, type}, {"O", "x", type}});
                    CPPUNIT_ASSERT_EQUAL(
                        printed_by_openssl(name.get(), XN_FLAG_RFC2253 & ~escape_msb),
                        rfc4514(name.get()));
                }
            }
    }

    void prints_an_empty_name()
    {
        const Name name{test::needed(X509_NAME_new())};
        CPPUNIT_ASSERT_EQUAL(""s, rfc4514(name.get()));
        CPPUNIT_ASSERT_EQUAL(""s, rfc2253(name.get()));
    }

    void prints_three_hundred_attributes()
    {
        std::vector<test::Part> parts;
        std::string expected;
        for (int i = 0; i < 300; ++i) {
            parts.push_back({"OU", std::to_string(i)});
            expected.insert(0, "OU=" + std::to_string(i) + (i == 0 ? "" : ","));
        }
        CPPUNIT_ASSERT_EQUAL(expected, rfc4514(test::name_of(parts).get()));
    }

    void gives_values_in_the_order_of_the_encoding()
    {
        const Name name = test::name_of({{"OU", "a"}, {"CN", "x"}, {"OU", "b"}, {"OU", ""}});
        const auto *ou = attribute_with_tag("OU");
        CPPUNIT_ASSERT((std::vector{"a"s, "b"s, ""s}) == attribute_values(name.get(), ou->oid));
        CPPUNIT_ASSERT_EQUAL("b"s, attribute_value(name.get(), *ou, 1, false));
    }

    void gives_the_values_of_random_names_as_mod_ssl_does()
    {
        Chance chance{10};
        for (int i = 0; i < 2000; ++i) {
            const Name name = test::random_name(chance);
            for (const auto &tag : tags_of_mod_ssl) {
                const auto *attribute = attribute_with_tag(tag.name);
                CPPUNIT_ASSERT(values_by_openssl(name.get(), tag.nid, false) ==
                               attribute_values(name.get(), attribute->oid));
            }
        }
    }

    void gives_every_octet_of_a_value_as_mod_ssl_does()
    {
        for (const int type : {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,
                               V_ASN1_T61STRING, V_ASN1_NUMERICSTRING, V_ASN1_BMPSTRING})
            for (int octet = 0; octet < 256; ++octet) {
                const std::string value{'a', static_cast<char>(octet)};
                const Name name = test::name_of({{"CN", value, type}, {"CN", value + value, type}});
                CPPUNIT_ASSERT(values_by_openssl(name.get(), NID_commonName, false) ==
                               attribute_values(name.get(), attribute_with_tag("CN")->oid));
            }
    }

    void gives_raw_values_as_mod_ssl_does()
    {
        Chance chance{11};
        for (int i = 0; i < 2000; ++i) {
            const Name name = test::random_name(chance);
            for (const auto &tag : tags_of_mod_ssl) {
                const auto expected = values_by_openssl(name.get(), tag.nid, true);
                for (std::size_t n = 0; n < expected.size(); ++n)
                    CPPUNIT_ASSERT_EQUAL(expected[n],
                                         attribute_value(name.get(), *attribute_with_tag(tag.name),
                                                         static_cast<int>(n), true));
            }
        }
    }

    void has_no_value_beyond_the_last()
    {
        const Name name = test::name_of({{"CN", "x"}});
        for (const int index : {1, 2, 9999, -1})
            CPPUNIT_ASSERT_EQUAL(
                ""s, attribute_value(name.get(), *attribute_with_tag("CN"), index, false));
        CPPUNIT_ASSERT_EQUAL(""s, attribute_value(name.get(), *attribute_with_tag("O"), 0, false));
        CPPUNIT_ASSERT(attribute_values(name.get(), "").empty());
    }

    void calls_attributes_as_openssl_does()
    {
        std::set<std::string_view> known;
        for (int nid = 1; nid < 2000; ++nid) {
            const auto *object = OBJ_nid2obj(nid);
            const auto *attribute = object != nullptr ? attribute_of(object) : nullptr;
            if (attribute == nullptr)
                continue;
            CPPUNIT_ASSERT_EQUAL(std::string{OBJ_nid2sn(nid)}, std::string{attribute->short_name});
            CPPUNIT_ASSERT(attribute->oid == openssl::oid_of(object));
            known.insert(attribute->short_name);
        }
        // RFC 4514, section 3, and what certificates have beside it.
        for (const auto *name : {"CN", "L", "ST", "O", "OU", "C", "street", "DC", "UID",
                                 "emailAddress", "serialNumber"})
            CPPUNIT_ASSERT_MESSAGE(name, known.contains(name));
        ERR_clear_error();
    }

    void knows_every_tag_of_mod_ssl()
    {
        for (const auto &tag : tags_of_mod_ssl) {
            const auto *attribute = attribute_with_tag(tag.name);
            CPPUNIT_ASSERT_MESSAGE(tag.name,
                                   attribute != nullptr &&
                                       attribute->oid == openssl::oid_of(OBJ_nid2obj(tag.nid)));
        }
    }

    void knows_no_tag_in_another_case()
    {
        for (const auto *tag : {"", "cn", "Cn", "EMAIL", "email", "emailAddress", "DC",
                                "serialNumber", "GN", "SN", "title", "street", "CN ", "CNX"})
            CPPUNIT_ASSERT_MESSAGE(tag, attribute_with_tag(tag) == nullptr);
    }

    void finds_attributes_by_any_name_people_use()
    {
        const auto finds = [](const char *name, int nid) {
            const auto oid = attribute_named(name);
            CPPUNIT_ASSERT_MESSAGE(name, oid);
            CPPUNIT_ASSERT_MESSAGE(name, *oid == openssl::oid_of(OBJ_nid2obj(nid)));
        };
        for (const auto *name : {"CN", "cn", "Cn", "commonName", "2.5.4.3"})
            finds(name, NID_commonName);
        for (const auto *name : {"UID", "uid", "userId", "0.9.2342.19200300.100.1.1"})
            finds(name, NID_userId);
        for (const auto *name : {"emailAddress", "EMAILADDRESS", "1.2.840.113549.1.9.1"})
            finds(name, NID_pkcs9_emailAddress);
        for (const auto *name : {"street", "STREET", "streetAddress"})
            finds(name, NID_streetAddress);
        finds("businessCategory", NID_businessCategory);
    }

    void refuses_what_is_no_attribute_type()
    {
        for (const auto &name :
             {""s,     " "s,   "FOO"s,     "CN "s,      " CN"s,  "CN\0"s,        "CN\0x"s,
              "1"s,    "1."s,  ".1"s,      "1..2"s,     "1.2."s, "3.1"s,         "1.40"s,
              "01.2"s, "1 2"s, "2 5 4 3"s, "2.5.4.3 "s, "-1.2"s, "OID.2.5.4.3"s, "2.5.4.3x"s})
            CPPUNIT_ASSERT_MESSAGE(quoted(name), !attribute_named(name));
        CPPUNIT_ASSERT_EQUAL(
            "\"FOO\" is no attribute type: a short name such as CN, OU, O, UID, DC "
            "or emailAddress is, or a dotted OID such as 2.5.4.3"s,
            attribute_named("FOO").error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NameTest);

}  // namespace

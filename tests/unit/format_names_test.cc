// SPDX-License-Identifier: Apache-2.0
// Names that want to be taken for something else, in every header format.
#include "formats.hh"

#include "core/formats/escape.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

namespace {

using namespace clientcert;
using namespace std::string_literals;

/// Subject, and each kind of alternative name.
Certificate certificate_named(std::string_view name, int type = V_ASN1_UTF8STRING)
{
    return test::Builder{}
        .subject("O", name, type)
        .subject("OU", name, type)
        .subject("DC", name, V_ASN1_IA5STRING)
        .subject("1.2.3.4", name, type)
        .subject("CN", name, type)
        .alternative_name(GEN_EMAIL, name)
        .alternative_name(GEN_DNS, name)
        .alternative_name(GEN_URI, name)
        .other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, name)
        .certificate();
}

std::string field_of(const char *format, const char *field, const Certificate &certificate)
{
    return *test::written(format, field, *test::client_with(certificate));
}

/// As Go's url.QueryUnescape.
std::string query_unescaped(std::string text)
{
    std::ranges::replace(text, '+', ' ');
    return test::percent_decoded(text);
}

/// The pairs of `key="value"`, read as quoted strings.
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!text.empty()) {
        const auto equals = text.find("=\"");
        CPPUNIT_ASSERT(equals != text.npos);
        pairs.emplace_back(text.substr(0, equals), "");
        for (text.remove_prefix(equals + 2); !text.starts_with('"'); text.remove_prefix(1)) {
            if (text.starts_with('\\'))
                text.remove_prefix(1);
            pairs.back().second += text.front();
        }
        text.remove_prefix(1);
        CPPUNIT_ASSERT(text.empty() || text.starts_with("; "));
        text.remove_prefix(std::min<std::size_t>(text.size(), 2));
    }
    return pairs;
}

class FormatNamesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatNamesTest);
    CPPUNIT_TEST(no_value_has_control_characters);
    CPPUNIT_TEST(traefik_fields_cannot_be_forged);
    CPPUNIT_TEST(webmux_pairs_cannot_be_forged);
    CPPUNIT_TEST(haproxy_attributes_cannot_be_forged);
    CPPUNIT_TEST(distinguished_names_are_escaped);
    CPPUNIT_TEST(odd_serial_numbers_stay_on_their_line);
    CPPUNIT_TEST_SUITE_END();

    void no_value_has_control_characters()
    {
        std::string controls;
        for (int octet = 1; octet < 0x20; ++octet)
            controls += static_cast<char>(octet);
        controls += '\x7f';
        for (const auto &name : {"a\0b"s, "\0"s, "a\r\nX-Evil: 1\r\n\r\n"s, controls, "\t"s, "a\\"s,
                                 "\xff\xfe"s, "\xc3\xa9\xc2\x85"s, ""s, std::string(200, '\n')})
            for (const int type : {V_ASN1_UTF8STRING, V_ASN1_T61STRING, V_ASN1_PRINTABLESTRING,
                                   V_ASN1_IA5STRING, V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING}) {
                if (type == V_ASN1_UTF8STRING && name.starts_with('\xff'))
                    continue;  // OpenSSL reads no certificate with such a name
                const int wide = type == V_ASN1_BMPSTRING ? 2 : 4;
                std::string octets;
                for (const char c : name)
                    (octets += std::string(static_cast<std::size_t>(wide - 1), '\0')) += c;
                const bool narrow = type != V_ASN1_BMPSTRING && type != V_ASN1_UNIVERSALSTRING;
                const auto certificate = raw_named(narrow ? name : octets, type);
                for (const auto &format : header_formats())
                    for (const auto &field : format.fields)
                        check_value(field, *test::client_with(certificate));
            }
    }

    /// OpenSSL checks what it makes a name of, but not what it reads.
    static Certificate raw_named(const std::string &octets, int type)
    {
        const openssl::StringPtr value{test::needed(ASN1_STRING_type_new(type))};
        ASN1_STRING_set(value.get(), octets.data(), static_cast<int>(octets.size()));
        const std::unique_ptr<X509_NAME, Freed<X509_NAME_free>> name{X509_NAME_new()};
        for (const int nid : {NID_organizationName, NID_domainComponent, NID_commonName}) {
            X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();
            X509_NAME_ENTRY_set_object(entry, OBJ_nid2obj(nid));
            test::needed(X509_NAME_ENTRY_set_data(entry, type, octets_of(octets).data(),
                                                  static_cast<int>(octets.size())));
            test::needed(X509_NAME_add_entry(name.get(), entry, -1, 0));
            X509_NAME_ENTRY_free(entry);
        }
        return test::Builder{}
            .subject(name.get())
            .alternative_name(GEN_EMAIL, octets)
            .alternative_name(GEN_DNS, octets)
            .alternative_name(GEN_URI, octets)
            .other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, octets)
            .certificate();
    }

    static void check_value(const HeaderField &field, const Client &client)
    {
        const std::string value = field.write(client).value_or("");
        // What is no text has no common name; the other fields have something around their names.
        if (field.name != "X-SSL-Client-CN")
            CPPUNIT_ASSERT_EQUAL(field.name == "Client-Cert-Chain", value.empty());
        for (const char c : value)
            CPPUNIT_ASSERT_MESSAGE(std::string{field.name} + ": " + value,
                                   static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }

    void traefik_fields_cannot_be_forged()
    {
        const std::string name = "x\";Issuer=\"CN=root\",Subject=\"CN=admin,O=y;%22 \\";
        const auto info = query_unescaped(
            field_of("traefik", "X-Forwarded-Tls-Client-Cert-Info", certificate_named(name)));
        const auto subject = info.substr(0, info.find('"', 9) + 1);
        const std::string one = "x%22%3BIssuer%3D%22CN%3Droot%22%2CSubject%3D%22CN%3Dadmin%2CO%3Dy"
                                "%3B%2522 %5C%5C";
        CPPUNIT_ASSERT_EQUAL(
            "Subject=\"DC=" + one + ",O=" + one + ",OU=" + one + ",CN=" + one + '"', subject);
        // Subject, Issuer, SerialNumber, NB, NA, SAN, each between two quotes.
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{12}, std::ranges::count(info, '"'));
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{5}, std::ranges::count(info, ';'));
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{3 + 2 + 2}, std::ranges::count(info, ','));
        CPPUNIT_ASSERT_EQUAL(name.size() - 1,
                             test::percent_decoded(one).size() - 2);  // the backslash is doubled
    }

    void webmux_pairs_cannot_be_forged()
    {
        const std::string name = "x\"; issuer=\"CN=root\\\"; \\";
        const auto certificate = certificate_named(name);
        const auto pairs = pairs_of(field_of("webmux", "X-WebMux-SSL-Client", certificate));
        std::string keys;
        for (const auto &[key, value] : pairs)
            keys += key + ' ';
        CPPUNIT_ASSERT_EQUAL("subject issuer serial notBefore notAfter san-email san-dns san-uri "
                             "san-upn certificate "s,
                             keys);
        CPPUNIT_ASSERT_EQUAL(rfc4514(certificate.subject()), pairs[0].second);
        CPPUNIT_ASSERT_EQUAL(certificate.subject_alt_names()[0].text, pairs[5].second);
        CPPUNIT_ASSERT_EQUAL(base64(octets_of(certificate.der())), pairs[9].second);
    }

    void haproxy_attributes_cannot_be_forged()
    {
        const auto certificate = test::Builder{}
                                     .subject("C", "DE")
                                     .subject("O", "a/b \"c\" \\")
                                     .subject("OU", "x/CN=admin")
                                     .subject("1.2.3.4", "y")
                                     .subject("CN", "host/M\xc3\xbcller")
                                     .subject("CN", "second")
                                     .certificate();
        CPPUNIT_ASSERT_EQUAL("/C=DE/O=a/b \"c\" \\\\/OU=x\\2FCN=admin/1.2.3.4=y"
                             "/CN=host/M\xc3\xbcller/CN=second"s,
                             field_of("haproxy", "X-SSL-Client-DN", certificate));
        CPPUNIT_ASSERT_EQUAL("host/M\xc3\xbcller"s,
                             field_of("haproxy", "X-SSL-Client-CN", certificate));
    }

    void distinguished_names_are_escaped()
    {
        const auto certificate =
            test::Builder{}.subject("O", "a, CN=admin").subject("CN", "b\"\\").certificate();
        const auto expected = "CN=b\\\"\\\\,O=a\\, CN=admin"s;
        CPPUNIT_ASSERT_EQUAL(expected, field_of("nginx", "X-SSL-Client-S-DN", certificate));
        CPPUNIT_ASSERT_EQUAL(expected,
                             field_of("aws", "X-Amzn-Mtls-Clientcert-Subject", certificate));
        CPPUNIT_ASSERT_EQUAL(expected,
                             field_of("elb", "X-Forwarded-Clientcert-subjectdn", certificate));
        CPPUNIT_ASSERT_EQUAL("O=a\\, CN=admin, CN=b\\\"\\\\"s,
                             field_of("f5", "SSLClientCertSubject", certificate));
    }

    void odd_serial_numbers_stay_on_their_line()
    {
        const auto negative = test::Builder{}.serial("-7F").certificate();
        CPPUNIT_ASSERT_EQUAL("-7F"s, field_of("nginx", "X-SSL-Client-Serial", negative));
        CPPUNIT_ASSERT_EQUAL("-7f"s, field_of("f5", "SSLClientCertSerialNumber", negative));
        CPPUNIT_ASSERT(
            query_unescaped(field_of("traefik", "X-Forwarded-Tls-Client-Cert-Info", negative))
                .starts_with("SerialNumber=\"-127\";"));
        const auto large = test::Builder{}.serial("7F" + std::string(98, 'A')).certificate();
        CPPUNIT_ASSERT_EQUAL("7F" + std::string(98, 'A'),
                             field_of("aws", "X-Amzn-Mtls-Clientcert-Serial-Number", large));
        const auto zero = test::Builder{}.serial("0").certificate();
        CPPUNIT_ASSERT_EQUAL("00"s, field_of("elb", "X-Forwarded-Clientcert-serialnumber", zero));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatNamesTest);

}  // namespace

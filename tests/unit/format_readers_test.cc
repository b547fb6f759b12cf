// SPDX-License-Identifier: Apache-2.0
// Certificates out of headers: what is taken, and what is refused with which words.
#include "formats.hh"

#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::complaint;
using test::contents_of;
using test::der_read;

using Ders = std::vector<std::string>;

std::string byte_sequence(std::string_view octets)
{
    return ':' + base64(octets_of(octets)) + ':';
}

std::string with_blanks(std::string_view text, const char *blank)
{
    std::string joined;
    for (const char c : text)
        c == '\n' ? joined += blank : joined += c;
    return joined;
}

std::string repeated(std::string_view text, std::string_view separator, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i)
        (all += i > 0 ? separator : "") += text;
    return all;
}

class FormatReadersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatReadersTest);
    CPPUNIT_TEST(reads_what_it_writes);
    CPPUNIT_TEST(takes_no_field_for_no_certificate);
    CPPUNIT_TEST(takes_nothing_but_der);
    CPPUNIT_TEST(rfc9440_takes_items_and_lists);
    CPPUNIT_TEST(rfc9440_refuses_what_the_rfc_forbids);
    CPPUNIT_TEST(nginx_takes_pem_in_every_dress);
    CPPUNIT_TEST(nginx_refuses_what_is_no_pem);
    CPPUNIT_TEST(haproxy_takes_base64_with_and_without_quotes);
    CPPUNIT_TEST(traefik_takes_several_certificates);
    CPPUNIT_TEST(aws_takes_either_field);
    CPPUNIT_TEST(long_chains_are_refused);
    CPPUNIT_TEST_SUITE_END();

    const std::string leaf_ = test::rfc9440_leaf().der();
    const std::string intermediate_ = test::rfc9440_intermediate().der();
    const std::string root_ = test::rfc9440_root().der();

    void refused(const std::string &why, std::string_view format,
                 std::initializer_list<test::Value> values)
    {
        const auto said = complaint(format, values);
        CPPUNIT_ASSERT_MESSAGE(why + " is not in: " + said, said.find(why) != said.npos);
        CPPUNIT_ASSERT(said.size() < 300);
    }

    void reads_what_it_writes()
    {
        const auto client =
            test::rfc9440_client({test::rfc9440_intermediate(), test::rfc9440_root()});
        for (const auto &format : header_formats()) {
            if (format.reader == nullptr)
                continue;
            std::vector<std::optional<std::string>> written;
            for (const auto name : format.reader->fields)
                written.push_back(name == "X-Amzn-Mtls-Clientcert"
                                      ? std::nullopt
                                      : test::written(format.name, name, *client));
            const std::vector<test::Value> values{written.begin(), written.end()};
            const auto read = format.reader->read(values, test::Hop::last);
            CPPUNIT_ASSERT_MESSAGE(std::string{format.name}, read);
            CPPUNIT_ASSERT(read->front().der() == leaf_);
            CPPUNIT_ASSERT_EQUAL(format.needs_chain ? std::size_t{3} : std::size_t{1},
                                 read->size());
        }
    }

    void takes_no_field_for_no_certificate()
    {
        for (const auto *format : {"rfc9440", "xfcc", "nginx", "haproxy", "traefik", "aws"}) {
            CPPUNIT_ASSERT(der_read(format, {}).empty());
            CPPUNIT_ASSERT(der_read(format, {""}).empty());
        }
        CPPUNIT_ASSERT(der_read("nginx", {"(null)"}).empty());
        CPPUNIT_ASSERT(der_read("haproxy", {"\"\""}).empty());
        for (const auto *format : {"rfc9440", "xfcc", "haproxy", "traefik", "aws"})
            CPPUNIT_ASSERT(!complaint(format, {"(null)"}).empty());
        for (const auto *format : {"rfc9440", "xfcc", "nginx", "traefik", "aws"})
            CPPUNIT_ASSERT(!complaint(format, {"\"\""}).empty());
    }

    void takes_nothing_but_der()
    {
        using formats::certificate_of_der;
        CPPUNIT_ASSERT(certificate_of_der(leaf_));
        const auto is = [&](const std::string &why, const std::string &der) {
            CPPUNIT_ASSERT_EQUAL(why, certificate_of_der(der).error());
        };
        is("what is encoded is no certificate in DER", "");
        is("what is encoded is no certificate in DER", "hello");
        is("what is encoded is no certificate in DER", leaf_.substr(0, leaf_.size() - 1));
        is("behind the certificate there are 1 more octets", leaf_ + '\0');
        is("behind the certificate there are 490 more octets", leaf_ + intermediate_);
        // The same length, of the indefinite form.
        is("the certificate is in BER that is not DER", "\x30\x80"s + leaf_.substr(4) + "\0\0"s);
        // A length in more octets than it needs.
        is("the certificate is in BER that is not DER",
           "\x30\x83\0"s + leaf_.substr(2, 2) + leaf_.substr(4));
    }

    void rfc9440_takes_items_and_lists()
    {
        const auto leaf = contents_of("rfc9440/client-cert.txt");
        const auto chain = contents_of("rfc9440/client-cert-chain.txt");
        CPPUNIT_ASSERT(Ders({leaf_}) == der_read("rfc9440", {leaf}));
        CPPUNIT_ASSERT(Ders({leaf_, intermediate_, root_}) == der_read("rfc9440", {leaf, chain}));
        CPPUNIT_ASSERT(Ders({leaf_}) == der_read("rfc9440", {leaf, ""}));
        CPPUNIT_ASSERT(Ders({leaf_}) == der_read("rfc9440", {leaf + ";v=1"}));
        // Where the configuration has named one field, there is no other.
        const auto only = std::to_array<test::Value>({leaf});
        CPPUNIT_ASSERT(header_format("rfc9440")->reader->read(only, test::Hop::last));
    }

    void rfc9440_refuses_what_the_rfc_forbids()
    {
        const auto leaf = contents_of("rfc9440/client-cert.txt");
        const auto chain = contents_of("rfc9440/client-cert-chain.txt");
        refused("Client-Cert-Chain without a Client-Cert", "rfc9440", {std::nullopt, chain});
        refused("Client-Cert-Chain without a Client-Cert", "rfc9440", {"", chain});
        refused("stands behind the one Byte Sequence", "rfc9440", {leaf + ", " + leaf});
        refused("in Client-Cert-Chain: ", "rfc9440", {leaf, ":AQ==:"});
        refused("in Client-Cert-Chain: ", "rfc9440", {leaf, chain + ","});
        refused("is no Byte Sequence", "rfc9440", {leaf.substr(1, leaf.size() - 2)});
        refused("is no Byte Sequence", "rfc9440", {contents_of("formats/nginx-escaped.txt")});
        refused("an empty Byte Sequence", "rfc9440", {"::"});
        for (const auto *proxysg :
             {"sno=0A&subject=CN%3DAlice&validfrom=200101000000Z&validto=300101000000Z&issuer=CN%"
              "3DCA&policy_oids=",
              "subject=CN%3DAlice&validfrom=200101000000Z"})
            refused("ProxySG, which has no certificate in it", "rfc9440", {proxysg});
    }

    void nginx_takes_pem_in_every_dress()
    {
        const Ders leaf{leaf_};
        const auto pem = contents_of("rfc9440/leaf.pem");
        const auto escaped = contents_of("formats/nginx-escaped.txt");
        std::string lower = escaped;
        for (const auto *digits : {"%0A", "%2B", "%2F", "%3D"})
            for (std::size_t at = 0; (at = lower.find(digits, at)) != lower.npos; at += 3)
                lower[at + 2] = static_cast<char>(lower[at + 2] | 0x20);
        CPPUNIT_ASSERT(lower != escaped);
        CPPUNIT_ASSERT(leaf == der_read("nginx", {escaped}));
        CPPUNIT_ASSERT(leaf == der_read("nginx", {lower}));
        CPPUNIT_ASSERT(leaf == der_read("nginx", {contents_of("formats/aws-leaf.txt")}));
        CPPUNIT_ASSERT(leaf == der_read("nginx", {contents_of("formats/mod_headers.txt")}));
        for (const auto *blank : {" ", "\t", "\n\t", " \t", "\r\n ", ""})
            CPPUNIT_ASSERT(leaf == der_read("nginx", {with_blanks(pem, blank)}));
    }

    void nginx_refuses_what_is_no_pem()
    {
        const auto pem = with_blanks(contents_of("rfc9440/leaf.pem"), " ");
        refused("no certificate in PEM", "nginx", {"junk"});
        refused("no certificate in PEM", "nginx", {base64(octets_of(leaf_))});
        refused("no certificate in PEM", "nginx", {"x " + pem});
        refused("no certificate in PEM", "nginx", {pem + "x"});
        refused("no certificate in PEM", "nginx", {pem + ", " + pem});
        refused("no certificate in PEM", "nginx", {pem + "%00"});
        refused("no certificate in PEM", "nginx", {'"' + pem + '"'});
        refused("2 certificates, where that of the client alone", "nginx", {pem + pem});
        refused("has no -----END CERTIFICATE-----", "nginx", {pem.substr(0, pem.size() - 3)});
        refused("is no %XX", "nginx", {pem + "%2"});
        std::string text = pem;
        text.insert(100, "%00");
        refused("is no base64", "nginx", {text});
        text = contents_of("formats/nginx-escaped.txt");
        text.replace(text.find("%2B"), 3, " ");  // as a form's decoder would read it later
        refused("in the middle of a group", "nginx", {text});
        text = with_blanks(contents_of("rfc9440/leaf.pem"), " ");
        text.replace(text.find("CERTIFICATE"), 11, "TRUSTED CERTIFICATE");
        refused("no certificate in PEM", "nginx", {text});
    }

    void haproxy_takes_base64_with_and_without_quotes()
    {
        const auto text = contents_of("formats/base64.txt");
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("haproxy", {'"' + text + '"'}));
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("haproxy", {text}));
        refused("is no base64", "haproxy", {'"' + text});
        refused("is no base64", "haproxy", {text + '"'});
        refused("is no base64", "haproxy", {"\"\"" + text + "\"\""});
        refused("is no base64", "haproxy", {'"' + text + "\", \"" + text + '"'});
        refused("is no base64", "haproxy", {"\""});
        refused("is no base64", "haproxy", {"\" " + text + '"'});
        refused("more octets", "haproxy", {base64(octets_of(leaf_ + intermediate_))});
    }

    void traefik_takes_several_certificates()
    {
        const auto text = contents_of("formats/traefik-cert.txt");
        CPPUNIT_ASSERT(Ders({leaf_, intermediate_}) == der_read("traefik", {text}));
        // Traefik 2
        std::string encoded = text;
        for (std::size_t at = 0; (at = encoded.find('+', at)) != encoded.npos;)
            encoded.replace(at, 1, "%2B");
        CPPUNIT_ASSERT(Ders({leaf_, intermediate_}) == der_read("traefik", {encoded}));
        refused("is no certificate", "traefik", {text + ','});
        refused("is no certificate", "traefik", {',' + text});
        refused("is no certificate", "traefik", {","});
        refused("is no base64", "traefik", {text + ", " + text});
        refused("is no base64", "traefik", {contents_of("formats/nginx-escaped.txt")});
    }

    void aws_takes_either_field()
    {
        const auto leaf = contents_of("formats/aws-leaf.txt");
        auto chain = leaf + formats::percent_encoded(contents_of("rfc9440/intermediate.pem"));
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("aws", {leaf}));
        CPPUNIT_ASSERT(Ders({leaf_, intermediate_}) == der_read("aws", {std::nullopt, chain}));
        CPPUNIT_ASSERT(Ders({leaf_, intermediate_}) == der_read("aws", {"", chain}));
        refused("both", "aws", {leaf, chain});
        refused("both", "aws", {leaf, leaf});
        refused("no certificate in PEM", "aws", {std::nullopt, "junk"});
    }

    void long_chains_are_refused()
    {
        const auto item = byte_sequence(leaf_);
        const auto text = base64(octets_of(leaf_));
        const auto pem = contents_of("rfc9440/leaf.pem");
        CPPUNIT_ASSERT_EQUAL(longest_chain,
                             der_read("rfc9440", {item, repeated(item, ",", 9)}).size());
        CPPUNIT_ASSERT_EQUAL(longest_chain, der_read("traefik", {repeated(text, ",", 10)}).size());
        CPPUNIT_ASSERT_EQUAL(longest_chain, der_read("aws", {{}, repeated(pem, "", 10)}).size());
        for (const int many : {11, 100}) {
            refused("more than 9 members", "rfc9440", {item, repeated(item, ",", many - 1)});
            refused("more than 10 certificates", "traefik", {repeated(text, ",", many)});
            refused("more than 10 certificates", "aws", {{}, repeated(pem, "", many)});
            refused("more than 10 certificates", "nginx", {repeated(pem, "", many)});
            refused("more than 10 certificates", "xfcc",
                    {"Chain=\"" + formats::percent_encoded(repeated(pem, "", many)) + '"'});
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatReadersTest);

}  // namespace

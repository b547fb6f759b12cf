// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-Client-Cert: elements, quotes, hops, and what Cloud Foundry puts there.
#include "formats.hh"

#include "core/formats/escape.hh"
#include "core/formats/xfcc_elements.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using formats::percent_encoded;
using formats::xfcc_elements;
using test::complaint;
using test::contents_of;
using test::der_read;
using test::Hop;

using Ders = std::vector<std::string>;

std::string encoded(std::initializer_list<const char *> files)
{
    std::string pem;
    for (const auto *file : files)
        pem += contents_of("rfc9440/"s + file + ".pem");
    return '"' + percent_encoded(pem) + '"';
}

class FormatXfccTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatXfccTest);
    CPPUNIT_TEST(takes_cert_and_chain);
    CPPUNIT_TEST(chain_has_to_begin_with_cert);
    CPPUNIT_TEST(says_what_envoy_has_to_be_told);
    CPPUNIT_TEST(takes_the_last_hop_or_the_first);
    CPPUNIT_TEST(accepts_what_parsers_accept);
    CPPUNIT_TEST(refuses_what_parsers_refuse);
    CPPUNIT_TEST(quoted_values_hold_anything);
    CPPUNIT_TEST(names_cannot_forge_elements);
    CPPUNIT_TEST(takes_what_cloud_foundry_sends);
    CPPUNIT_TEST_SUITE_END();

    const std::string leaf_ = test::rfc9440_leaf().der();
    const std::string intermediate_ = test::rfc9440_intermediate().der();
    const std::string cert_ = "Cert=" + encoded({"leaf"});
    const std::string chain_ = "Chain=" + encoded({"leaf", "intermediate"});

    void takes_cert_and_chain()
    {
        const Ders leaf{leaf_};
        const Ders both{leaf_, intermediate_};
        CPPUNIT_ASSERT(leaf == der_read("xfcc", {contents_of("formats/xfcc.txt")}));
        CPPUNIT_ASSERT(both == der_read("xfcc", {chain_}));
        CPPUNIT_ASSERT(both == der_read("xfcc", {"Hash=00;" + cert_ + ';' + chain_}));
        CPPUNIT_ASSERT(both == der_read("xfcc", {chain_ + ';' + cert_ + ";Subject=\"\""}));
        std::string spelt = "By=spiffe://a/b;" + cert_ + ";URI=spiffe://a/c;DNS=a;DNS=b";
        CPPUNIT_ASSERT(leaf == der_read("xfcc", {spelt}));
        spelt.replace(spelt.find("Cert"), 4, "cERT");
        CPPUNIT_ASSERT(leaf == der_read("xfcc", {spelt}));
    }

    void chain_has_to_begin_with_cert()
    {
        CPPUNIT_ASSERT_EQUAL(
            "Chain begins with another certificate than that of Cert"s,
            complaint("xfcc", {"Cert=" + encoded({"intermediate"}) + ';' + chain_}));
        CPPUNIT_ASSERT(complaint("xfcc", {"Cert=" + encoded({"leaf", "intermediate"})})
                           .starts_with("in Cert: 2 certificates"));
        CPPUNIT_ASSERT(complaint("xfcc", {"Cert=;" + chain_}).starts_with("in Cert: "));
        CPPUNIT_ASSERT(complaint("xfcc", {cert_ + ";Chain=\"\""}).starts_with("in Chain: "));
        CPPUNIT_ASSERT(complaint("xfcc", {"Cert=foobar"}).starts_with("in Cert: "));
        CPPUNIT_ASSERT(complaint("xfcc", {"Hash=1234;Chain=\"foobar\""}).starts_with("in Chain: "));
    }

    void says_what_envoy_has_to_be_told()
    {
        for (const auto *value : {"By=spiffe://a;Hash=00;Subject=\"\";URI=spiffe://b", "a=b", "="})
            CPPUNIT_ASSERT_EQUAL("the element has neither Cert nor Chain: "
                                 "set_current_client_cert_details of Envoy has to say cert: true "
                                 "and chain: true"s,
                                 complaint("xfcc", {value}));
    }

    void takes_the_last_hop_or_the_first()
    {
        const auto other = "Cert=" + encoded({"intermediate"});
        for (const auto *comma : {",", ", ", " ,\t"}) {
            const auto value = "By=a;" + cert_ + comma + "Hash=00;" + other;
            CPPUNIT_ASSERT(Ders{intermediate_} == der_read("xfcc", {value}));
            CPPUNIT_ASSERT(Ders{intermediate_} == der_read("xfcc", {value}, Hop::last));
            CPPUNIT_ASSERT(Ders{leaf_} == der_read("xfcc", {value}, Hop::first));
        }
        // Another hop's certificate never stands in for the one that is missing.
        CPPUNIT_ASSERT(!complaint("xfcc", {cert_ + ",By=a"}).empty());
        CPPUNIT_ASSERT(!complaint("xfcc", {"By=a," + cert_}, Hop::first).empty());
        CPPUNIT_ASSERT(!complaint("xfcc", {cert_ + ','}).empty());
        CPPUNIT_ASSERT(!complaint("xfcc", {cert_ + ", "}).empty());
        CPPUNIT_ASSERT(!complaint("xfcc", {',' + cert_}).empty());
    }

    /// Envoy's documentation and tests, and the tests of four parsers, as the two tests below.
    void accepts_what_parsers_accept()
    {
        for (
            const auto *value :
            {"By=http://frontend.lyft.com;Hash=468ed33b;Subject=\"/C=US/L=San Francisco/CN=Test\""
             ";URI=http://testclient.lyft.com;DNS=lyft.com;DNS=www.lyft.com",
             "By=http://a;Hash=468ed33b;URI=http://b,By=http://c;Hash=9ba61d64;URI=http://d",
             "By=test://foo.com/fe;URI=test://bar.com/be;DNS=test.com;DNS=test.com,"
             "By=test://foo.com/be;Hash=abcdefg;Cert=\"%3D%3Dabc%0Ade%3D\";DNS=www.example.com",
             "By=spiffe://cluster.local/ns/default/sa/httpbin;Hash=65d5e53a;Subject=\"\";URI=s://d",
             "By=a;SAN=http://b",
             "",
             ",",
             ",,",
             " a=b",
             "a =b",
             "a= b",
             "a=b ",
             "=",
             "=\"\"",
             "a=",
             "=b",
             "a=\"\"",
             "a=\"\\\",b=\\\"\"",
             "a=\",\"",
             "a=\";\"",
             "a=\"=\"",
             "Chain=hello! world!;",
             "Chain=\"hello! world!\";",
             "By=;By=http://a;Hash=468ed33b",
             "a=b,By=http://example.com;By=http://instance.com",
             "a=b;,c=d",
             "By=a;Subject=\"/C=US/L=\\\"San\xc2\xa0"
             "Francisco\\\"/OU=Lyft\";SAN=b"})
            CPPUNIT_ASSERT_MESSAGE(value, xfcc_elements(value));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, xfcc_elements(",,")->size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, xfcc_elements("a=b;,c=d")->size());
    }

    void refuses_what_parsers_refuse()
    {
        for (const auto *value : {";",
                                  " ",
                                  ", ",
                                  " ,",
                                  ", ,",
                                  "a\"=b",
                                  "a\\\"=",
                                  "a\"\"=b",
                                  "\"a\"=b",
                                  "a;=b",
                                  "a,=b",
                                  "a=b\"",
                                  "a=b\"\"",
                                  "a=b;c",
                                  "a=b,c",
                                  "a=b=c",
                                  "a=\"b\"c",
                                  "a=\"b\"\"c\"",
                                  "a=b;;c=d",
                                  "a=b,,c=d",
                                  "a=b,",
                                  ",a=b",
                                  "By=a;Hash=b;Hash=c",
                                  "Subject=\"\";subject=\"\"",
                                  "By=a;Hash=b,URI",
                                  "Hash=1234;Cert=\"no end quote",
                                  "Hash=1234;Cert=no start quote\"",
                                  "Subject=\"/C=US/L=\\\"San Francisco\"/OU=Lyft\";SAN=a",
                                  "a=\"\\",
                                  "a=\"\\\""})
            CPPUNIT_ASSERT_MESSAGE(value, !xfcc_elements(value));
    }

    void quoted_values_hold_anything()
    {
        CPPUNIT_ASSERT_EQUAL("a,b;c=d\"e\\"s,
                             *(*xfcc_elements("Cert=\"a,b;c=d\\\"e\\\\\""))[0].cert);
        CPPUNIT_ASSERT_EQUAL("x"s, *(*xfcc_elements("Cert= x ;Chain=\"\""))[0].cert);
        CPPUNIT_ASSERT_EQUAL(""s, *(*xfcc_elements("Cert= x ;Chain=\"\""))[0].chain);
    }

    void names_cannot_forge_elements()
    {
        for (const std::string name : {"a\",Cert=\"x", "a;Cert=x", "a,Cert=x", "a\\\";Cert=x",
                                       "a\\", "a\" ;Cert=\"x\\", "=;,\"", "a b"}) {
            const auto certificate = test::Builder{}
                                         .subject("CN", name)
                                         .alternative_name(GEN_URI, name)
                                         .alternative_name(GEN_DNS, name)
                                         .certificate();
            const auto value =
                test::written("xfcc", "X-Forwarded-Client-Cert", *test::client_with(certificate));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, xfcc_elements(*value)->size());
            CPPUNIT_ASSERT(Ders{certificate.der()} == der_read("xfcc", {*value}));
        }
    }

    void takes_what_cloud_foundry_sends()
    {
        const auto text = contents_of("formats/base64.txt");
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("xfcc", {text}));
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("xfcc", {contents_of("formats/mod_headers.txt")}));
        CPPUNIT_ASSERT(Ders{leaf_} == der_read("xfcc", {contents_of("formats/nginx-escaped.txt")}));
        for (const auto &value : {text + ',' + text, text + ", " + text, text + ';' + cert_,
                                  text + ',' + cert_, text.substr(0, 100), text + "=", "MI"s})
            CPPUNIT_ASSERT_MESSAGE(value, !complaint("xfcc", {value}).empty());
        CPPUNIT_ASSERT(!complaint("xfcc", {cert_ + ',' + text}).empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatXfccTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "clients.hh"

#include <clientcert/selector.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::client_with;

using Texts = std::vector<std::string>;

Texts selected(const char *text, const Client &client)
{
    const auto selector = Selector::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, selector);
    return selector->values(client);
}

class SelectorTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SelectorTest);
    CPPUNIT_TEST(selects_attributes_of_the_subject);
    CPPUNIT_TEST(selects_attributes_of_the_issuer);
    CPPUNIT_TEST(selects_alternative_names_of_one_kind);
    CPPUNIT_TEST(selects_usages_and_policies);
    CPPUNIT_TEST(selects_nothing_of_a_certificate_that_is_not_valid);
    CPPUNIT_TEST(selects_nothing_that_can_be_matched_by_a_cut_off_name);
    CPPUNIT_TEST(refuses_what_selects_nothing);
    CPPUNIT_TEST(says_what_would_select_something);
    CPPUNIT_TEST(knows_the_kinds_of_alternative_names);
    CPPUNIT_TEST_SUITE_END();

    test::Identity root_ =
        Builder{}.subject("O", "garex AG").subject("CN", "Root").authority().self_signed();
    Certificate alice_ = Builder{}
                             .subject("OU", "Fun dept.")
                             .subject("OU", "Sales")
                             .subject("CN", "Alice")
                             .subject("1.2.3.4", "odd")
                             .alternative_name(GEN_EMAIL, "alice@example.com")
                             .alternative_name(GEN_DNS, "a.example")
                             .alternative_name(GEN_EMAIL, "a@example.com")
                             .alternative_name(GEN_URI, "urn:a")
                             .alternative_name(GEN_IPADD, "\x7f\0\0\1"s)
                             .other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, "alice@corp")
                             .extension("extendedKeyUsage", "clientAuth")
                             .extension_der("2.5.29.32", "\x30\x07\x30\x05\x06\x03\x2a\x03\x04")
                             .issued_by(root_)
                             .certificate;

    void selects_attributes_of_the_subject()
    {
        const auto client = client_with(alice_);
        CPPUNIT_ASSERT((Texts{"Fun dept.", "Sales"}) == selected("subject:OU", *client));
        CPPUNIT_ASSERT((Texts{"Fun dept.", "Sales"}) == selected("subject:ou", *client));
        CPPUNIT_ASSERT((Texts{"Alice"}) == selected("subject:2.5.4.3", *client));
        CPPUNIT_ASSERT((Texts{"odd"}) == selected("subject:1.2.3.4", *client));
        CPPUNIT_ASSERT(selected("subject:O", *client).empty());
    }

    void selects_attributes_of_the_issuer()
    {
        const auto client = client_with(alice_);
        CPPUNIT_ASSERT((Texts{"garex AG"}) == selected("issuer:O", *client));
        CPPUNIT_ASSERT((Texts{"Root"}) == selected("issuer:commonName", *client));
        CPPUNIT_ASSERT(selected("issuer:OU", *client).empty());
    }

    void selects_alternative_names_of_one_kind()
    {
        const auto client = client_with(alice_);
        CPPUNIT_ASSERT((Texts{"alice@example.com", "a@example.com"}) ==
                       selected("san:email", *client));
        CPPUNIT_ASSERT((Texts{"a.example"}) == selected("san:dns", *client));
        CPPUNIT_ASSERT((Texts{"urn:a"}) == selected("san:uri", *client));
        CPPUNIT_ASSERT((Texts{"127.0.0.1"}) == selected("san:ip", *client));
        CPPUNIT_ASSERT((Texts{"alice@corp"}) == selected("san:upn", *client));
    }

    void selects_usages_and_policies()
    {
        const auto client = client_with(alice_);
        CPPUNIT_ASSERT((Texts{"clientAuth", "1.3.6.1.5.5.7.3.2"}) == selected("eku", *client));
        CPPUNIT_ASSERT((Texts{"1.2.3.4"}) == selected("policy", *client));
    }

    void selects_nothing_of_a_certificate_that_is_not_valid()
    {
        for (const auto *text : {"subject:OU", "issuer:O", "san:email", "eku", "policy"}) {
            CPPUNIT_ASSERT(!selected(text, *client_with(alice_)).empty());
            CPPUNIT_ASSERT(selected(text, *client_with(alice_, test::revoked)).empty());
            CPPUNIT_ASSERT(selected(text, *client_with(alice_, Verdict{})).empty());
            CPPUNIT_ASSERT(selected(text, *test::nobody()).empty());
        }
    }

    void selects_nothing_that_can_be_matched_by_a_cut_off_name()
    {
        const auto client = client_with(Builder{}
                                            .subject("CN", "alice\0.evil"s)
                                            .alternative_name(GEN_DNS, "good.example\0.evil"s)
                                            .certificate());
        CPPUNIT_ASSERT((Texts{"alice\\00.evil"}) == selected("subject:CN", *client));
        CPPUNIT_ASSERT((Texts{"good.example\\00.evil"}) == selected("san:dns", *client));
    }

    void refuses_what_selects_nothing()
    {
        for (const auto &text : {""s,
                                 "subject"s,
                                 "subject:"s,
                                 "issuer:"s,
                                 "subject:FOO"s,
                                 "subject:CN "s,
                                 "Subject:CN"s,
                                 " subject:CN"s,
                                 "san"s,
                                 "san:"s,
                                 "san:mail"s,
                                 "san:EMAIL"s,
                                 "san:dns:x"s,
                                 "eku:x"s,
                                 "EKU"s,
                                 "policy:"s,
                                 "DN"s,
                                 "serial:"s,
                                 "dn[0]"s,
                                 "subject:CN[0]"s,
                                 "san:1"s,
                                 "san:1.2.3.x"s,
                                 "san:CN"s,
                                 "san:dirName"s,
                                 "subject:CN\0"s,
                                 "eku\0"s})
            CPPUNIT_ASSERT_MESSAGE(quoted(text), !Selector::parse(text));
    }

    void says_what_would_select_something()
    {
        CPPUNIT_ASSERT_EQUAL(
            "\"name\" selects nothing: subject:ATTRIBUTE, issuer:ATTRIBUTE, san:TYPE, dn, "
            "issuer-serial, serial, fingerprint-sha256, spki-sha256, ski, eku and policy do"s,
            Selector::parse("name").error());
        CPPUNIT_ASSERT_EQUAL(
            "\"mail\" is no kind of alternative name: email, dns, uri, ip, upn and dirname are, and "
            "the dotted OID of an otherName such as 1.3.6.1.5.5.7.8.9"s,
            Selector::parse("san:mail").error());
    }

    void knows_the_kinds_of_alternative_names()
    {
        CPPUNIT_ASSERT(!san_type_named("dirname"));
        CPPUNIT_ASSERT(*san_type_named("email") == SanType::email);
        CPPUNIT_ASSERT(*san_type_named("dns") == SanType::dns);
        CPPUNIT_ASSERT(*san_type_named("uri") == SanType::uri);
        CPPUNIT_ASSERT(*san_type_named("ip") == SanType::ip);
        CPPUNIT_ASSERT(*san_type_named("upn") == SanType::upn);
        CPPUNIT_ASSERT(!san_type_named("dns_srv"));
        CPPUNIT_ASSERT(!san_type_named(""));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SelectorTest);

}  // namespace

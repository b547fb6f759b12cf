// SPDX-License-Identifier: Apache-2.0
#include "clients.hh"

#include <clientcert/variable.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::client_with;

std::string value_of(const std::string &name, const Client &client)
{
    const auto variable = Variable::named(name);
    CPPUNIT_ASSERT_MESSAGE(name, variable);
    return variable->value(client);
}

std::string printed_time(const ASN1_TIME *time)
{
    const auto bio = openssl::memory();
    ASN1_TIME_print(bio.get(), time);
    return openssl::contents(bio);
}

class VariableTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(VariableTest);
    CPPUNIT_TEST(has_the_values_that_are_documented);
    CPPUNIT_TEST(has_the_values_of_mod_ssl);
    CPPUNIT_TEST(has_the_attributes_of_subject_and_issuer);
    CPPUNIT_TEST(has_alternative_names_by_number);
    CPPUNIT_TEST(has_the_chain_of_this_handshake_alone);
    CPPUNIT_TEST(prints_times_as_openssl_does);
    CPPUNIT_TEST(counts_the_days_that_remain);
    CPPUNIT_TEST(prints_a_huge_serial_on_one_line);
    CPPUNIT_TEST(asserts_a_certificate_as_rfc_4523_does);
    CPPUNIT_TEST(is_empty_unless_the_certificate_is_valid);
    CPPUNIT_TEST(tells_the_verdict_always);
    CPPUNIT_TEST(takes_names_of_its_own_in_any_case);
    CPPUNIT_TEST(takes_tags_of_mod_ssl_in_their_case_alone);
    CPPUNIT_TEST(refuses_names_that_nothing_has);
    CPPUNIT_TEST(tells_what_stays_the_same);
    CPPUNIT_TEST(tells_the_reason_from_the_rest);
    CPPUNIT_TEST(keeps_the_name_it_was_given);
    CPPUNIT_TEST(lists_names_that_have_variables);
    CPPUNIT_TEST_SUITE_END();

    test::Identity root_ =
        Builder{}.subject("O", "garex AG").subject("CN", "Root").authority().self_signed();
    Certificate alice_ = Builder{}
                             .serial("540a")
                             .subject("C", "DE", V_ASN1_PRINTABLESTRING)
                             .subject("OU", "Fun dept.")
                             .subject("OU", "Sales")
                             .subject("CN", "Alice")
                             .subject("emailAddress", "alice@example.com", V_ASN1_IA5STRING)
                             .alternative_name(GEN_EMAIL, "alice@example.com")
                             .alternative_name(GEN_DNS, "a.example")
                             .alternative_name(GEN_DNS, "b.example")
                             .alternative_name(GEN_URI, "urn:a")
                             .alternative_name(GEN_IPADD, "\x7f\0\0\1"s)
                             .other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, "alice@corp")
                             .other_name("1.3.6.1.5.5.7.8.7", V_ASN1_IA5STRING, "_x.example")
                             .issued_by(root_)
                             .certificate;
    std::unique_ptr<const Client> client_ = client_with(alice_);

    std::string of_alice(const std::string &name) { return value_of(name, *client_); }

    void has_the_values_that_are_documented()
    {
        CPPUNIT_ASSERT_EQUAL("SUCCESS"s, of_alice("CLIENTCERT_VERIFY"));
        CPPUNIT_ASSERT_EQUAL("none"s, of_alice("CLIENTCERT_REASON"));
        CPPUNIT_ASSERT_EQUAL("emailAddress=alice@example.com,CN=Alice,OU=Sales,OU=Fun dept.,C=DE"s,
                             of_alice("CLIENTCERT_SUBJECT"));
        CPPUNIT_ASSERT_EQUAL("CN=Root,O=garex AG"s, of_alice("CLIENTCERT_ISSUER"));
        CPPUNIT_ASSERT_EQUAL("540A"s, of_alice("CLIENTCERT_SERIAL"));
        CPPUNIT_ASSERT_EQUAL(lower_hex(sha256(octets_of(alice_.der()))),
                             of_alice("CLIENTCERT_SHA256"));
        CPPUNIT_ASSERT_EQUAL(lower_hex(alice_.spki_fingerprint()),
                             of_alice("CLIENTCERT_SPKI_SHA256"));
        CPPUNIT_ASSERT_EQUAL("2020-01-01T00:00:00Z"s, of_alice("CLIENTCERT_NOT_BEFORE"));
        CPPUNIT_ASSERT_EQUAL("2040-01-01T00:00:00Z"s, of_alice("CLIENTCERT_NOT_AFTER"));
        CPPUNIT_ASSERT_EQUAL("tls"s, of_alice("CLIENTCERT_SOURCE"));
    }

    void has_the_values_of_mod_ssl()
    {
        CPPUNIT_ASSERT_EQUAL("SUCCESS"s, of_alice("SSL_CLIENT_VERIFY"));
        CPPUNIT_ASSERT_EQUAL("3"s, of_alice("SSL_CLIENT_M_VERSION"));
        CPPUNIT_ASSERT_EQUAL("540A"s, of_alice("SSL_CLIENT_M_SERIAL"));
        CPPUNIT_ASSERT_EQUAL("Jan  1 00:00:00 2020 GMT"s, of_alice("SSL_CLIENT_V_START"));
        CPPUNIT_ASSERT_EQUAL(printed_time(X509_get0_notAfter(alice_.x509())),
                             of_alice("SSL_CLIENT_V_END"));
        CPPUNIT_ASSERT_EQUAL(of_alice("CLIENTCERT_SUBJECT"), of_alice("SSL_CLIENT_S_DN"));
        CPPUNIT_ASSERT_EQUAL("CN=Root,O=garex AG"s, of_alice("SSL_CLIENT_I_DN"));
        CPPUNIT_ASSERT_EQUAL("ecdsa-with-SHA256"s, of_alice("SSL_CLIENT_A_SIG"));
        CPPUNIT_ASSERT_EQUAL("id-ecPublicKey"s, of_alice("SSL_CLIENT_A_KEY"));
        CPPUNIT_ASSERT_EQUAL(alice_.pem(), of_alice("SSL_CLIENT_CERT"));
    }

    void has_the_attributes_of_subject_and_issuer()
    {
        CPPUNIT_ASSERT_EQUAL("DE"s, of_alice("SSL_CLIENT_S_DN_C"));
        CPPUNIT_ASSERT_EQUAL("alice@example.com"s, of_alice("SSL_CLIENT_S_DN_Email"));
        CPPUNIT_ASSERT_EQUAL("garex AG"s, of_alice("SSL_CLIENT_I_DN_O"));
        CPPUNIT_ASSERT_EQUAL("Root"s, of_alice("SSL_CLIENT_I_DN_CN"));
        CPPUNIT_ASSERT_EQUAL(""s, of_alice("SSL_CLIENT_S_DN_O"));
        for (const auto *name : {"SSL_CLIENT_S_DN_OU", "SSL_CLIENT_S_DN_OU_0",
                                 "SSL_CLIENT_S_DN_OU_RAW", "SSL_CLIENT_S_DN_OU_0_RAW"})
            CPPUNIT_ASSERT_EQUAL("Fun dept."s, of_alice(name));
        CPPUNIT_ASSERT_EQUAL("Sales"s, of_alice("SSL_CLIENT_S_DN_OU_1"));
        CPPUNIT_ASSERT_EQUAL("Sales"s, of_alice("SSL_CLIENT_S_DN_OU_1_RAW"));
        CPPUNIT_ASSERT_EQUAL(""s, of_alice("SSL_CLIENT_S_DN_OU_2"));
    }

    void has_alternative_names_by_number()
    {
        CPPUNIT_ASSERT_EQUAL("alice@example.com"s, of_alice("SSL_CLIENT_SAN_Email_0"));
        CPPUNIT_ASSERT_EQUAL("b.example"s, of_alice("SSL_CLIENT_SAN_DNS_1"));
        CPPUNIT_ASSERT_EQUAL(""s, of_alice("SSL_CLIENT_SAN_DNS_2"));
        CPPUNIT_ASSERT_EQUAL("alice@corp"s, of_alice("SSL_CLIENT_SAN_OTHER_msUPN_0"));
        CPPUNIT_ASSERT_EQUAL("_x.example"s, of_alice("SSL_CLIENT_SAN_OTHER_dnsSRV_0"));
        CPPUNIT_ASSERT_EQUAL("a.example"s, of_alice("CLIENTCERT_SAN_DNS"));
        CPPUNIT_ASSERT_EQUAL("a.example"s, of_alice("CLIENTCERT_SAN_DNS_0"));
        CPPUNIT_ASSERT_EQUAL("b.example"s, of_alice("CLIENTCERT_SAN_DNS_01"));
        CPPUNIT_ASSERT_EQUAL(""s, of_alice("CLIENTCERT_SAN_DNS_9999"));
        CPPUNIT_ASSERT_EQUAL("alice@example.com"s, of_alice("CLIENTCERT_SAN_EMAIL"));
        CPPUNIT_ASSERT_EQUAL("urn:a"s, of_alice("CLIENTCERT_SAN_URI"));
        CPPUNIT_ASSERT_EQUAL("127.0.0.1"s, of_alice("CLIENTCERT_SAN_IP"));
        CPPUNIT_ASSERT_EQUAL("alice@corp"s, of_alice("CLIENTCERT_SAN_UPN"));
    }

    void has_the_chain_of_this_handshake_alone()
    {
        Evidence evidence;
        evidence.leaf = alice_;
        evidence.source = "tls";
        evidence.chain = {root_.certificate};
        const auto client = client_with(evidence);
        CPPUNIT_ASSERT_EQUAL(root_.certificate.pem(), value_of("SSL_CLIENT_CERT_CHAIN_0", *client));
        CPPUNIT_ASSERT_EQUAL(""s, value_of("SSL_CLIENT_CERT_CHAIN_1", *client));
        evidence.chain.clear();
        evidence.carried_chain = {root_.certificate.der()};
        CPPUNIT_ASSERT_EQUAL(""s, value_of("SSL_CLIENT_CERT_CHAIN_0", *client_with(evidence)));
    }

    void prints_times_as_openssl_does()
    {
        for (const auto &text :
             {"200101000000Z"s, "491231235959Z"s, "500228010203Z"s, "2012310000Z"s,
              "201231000000+0100"s, "200230000000Z"s, "201301000000Z"s, "20123100000Z"s,
              "20123100000ZZ"s, "\0"s, "never at all Z"s, "20 101000000Z"s, "20201231235959Z"s,
              "20201231235959.5Z"s})
            for (const int type : {V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME}) {
                const auto odd = Builder{}.times(type, text, text).certificate();
                CPPUNIT_ASSERT_EQUAL(printed_time(X509_get0_notBefore(odd.x509())),
                                     value_of("SSL_CLIENT_V_START", *client_with(odd)));
            }
        test::Chance chance{5280};
        for (int i = 0; i < 200; ++i) {
            const Time time{std::chrono::minutes{chance.below(60'000'000)}};
            const auto usual = Builder{}.valid(time, time).certificate();
            CPPUNIT_ASSERT_EQUAL(printed_time(X509_get0_notAfter(usual.x509())),
                                 value_of("SSL_CLIENT_V_END", *client_with(usual)));
        }
    }

    void counts_the_days_that_remain()
    {
        using namespace std::chrono;
        const auto remains = [](seconds left) {
            const auto end = floor<seconds>(system_clock::now()) + left;
            return value_of(
                "SSL_CLIENT_V_REMAIN",
                *client_with(Builder{}.valid(test::the_beginning(), end).certificate()));
        };
        CPPUNIT_ASSERT_EQUAL("0"s, remains(hours{12}));
        CPPUNIT_ASSERT_EQUAL("1"s, remains(hours{24 + 12}));
        CPPUNIT_ASSERT_EQUAL("7"s, remains(hours{24 * 7 + 12}));
        CPPUNIT_ASSERT_EQUAL("0"s, remains(-hours{25}));
        CPPUNIT_ASSERT_EQUAL("0"s, remains(-hours{24 * 300}));
        const auto unreadable = Builder{}.times(V_ASN1_UTCTIME, "never", "never").certificate();
        CPPUNIT_ASSERT_EQUAL("0"s, value_of("SSL_CLIENT_V_REMAIN", *client_with(unreadable)));
    }

    void prints_a_huge_serial_on_one_line()
    {
        const std::string digits = "1" + std::string(199, 'A');
        const auto client = client_with(Builder{}.serial(digits).certificate());
        CPPUNIT_ASSERT_EQUAL(digits, value_of("CLIENTCERT_SERIAL", *client));
        CPPUNIT_ASSERT_EQUAL("-0F"s, value_of("CLIENTCERT_SERIAL",
                                              *client_with(Builder{}.serial("-f").certificate())));
    }

    void asserts_a_certificate_as_rfc_4523_does()
    {
        CPPUNIT_ASSERT_EQUAL("{ serialNumber 21514, issuer rdnSequence:\"CN=Root,O=garex AG\" }"s,
                             of_alice("SSL_CLIENT_CERT_RFC4523_CEA"));
        const auto odd = Builder{}.serial("-f").subject("CN", "\xc3\xa9").certificate();
        CPPUNIT_ASSERT_EQUAL("{ serialNumber -15, issuer rdnSequence:\"CN=\\C3\\A9\" }"s,
                             value_of("SSL_CLIENT_CERT_RFC4523_CEA", *client_with(odd)));
    }

    void is_empty_unless_the_certificate_is_valid()
    {
        std::vector<std::string> names = Variable::names_for(*client_);
        for (const auto *name :
             {"M_VERSION", "M_SERIAL", "V_START", "V_END", "V_REMAIN", "S_DN", "I_DN", "S_DN_CN",
              "S_DN_CN_RAW", "I_DN_O", "SAN_Email_0", "SAN_DNS_1", "SAN_OTHER_msUPN_0", "A_SIG",
              "A_KEY", "CERT", "CERT_RFC4523_CEA"})
            names.push_back("SSL_CLIENT_"s + name);
        const auto refused = client_with(alice_, test::revoked);
        const auto undecided = client_with(alice_, Verdict{});
        for (const auto &name : names) {
            CPPUNIT_ASSERT_MESSAGE(name, !of_alice(name).empty());
            if (name == "CLIENTCERT_VERIFY" || name == "CLIENTCERT_REASON")
                continue;
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ""s, value_of(name, *refused));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ""s, value_of(name, *undecided));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ""s, value_of(name, *test::nobody()));
        }
    }

    void tells_the_verdict_always()
    {
        const auto refused = client_with(alice_, test::revoked);
        CPPUNIT_ASSERT_EQUAL("FAILED:revoked"s, value_of("SSL_CLIENT_VERIFY", *refused));
        CPPUNIT_ASSERT_EQUAL("FAILED"s, value_of("CLIENTCERT_VERIFY", *refused));
        CPPUNIT_ASSERT_EQUAL("revoked"s, value_of("CLIENTCERT_REASON", *refused));
        CPPUNIT_ASSERT_EQUAL("NONE"s, value_of("SSL_CLIENT_VERIFY", *test::nobody()));
        CPPUNIT_ASSERT_EQUAL("NONE"s, value_of("CLIENTCERT_VERIFY", *test::nobody()));
        CPPUNIT_ASSERT_EQUAL("none"s, value_of("CLIENTCERT_REASON", *test::nobody()));
    }

    void takes_names_of_its_own_in_any_case()
    {
        for (const auto *name : {"CLIENTCERT_SUBJECT", "clientcert_subject", "ClientCert_Subject",
                                 "CLIENTCERT_SAN_EMAIL_0", "clientcert_san_email_0",
                                 "SSL_CLIENT_VERIFY", "ssl_client_verify", "SSL_CLIENT_m_serial",
                                 "ssl_client_S_DN_CN", "Ssl_Client_SAN_DNS_0", "SSL_CLIENT_S_dn_CN",
                                 "SSL_CLIENT_san_dns_0", "SSL_CLIENT_San_Other_msUPN_0"})
            CPPUNIT_ASSERT_MESSAGE(name, !of_alice(name).empty());
    }

    void takes_tags_of_mod_ssl_in_their_case_alone()
    {
        for (const auto *name : {"SSL_CLIENT_S_DN_cn", "SSL_CLIENT_S_DN_EMAIL",
                                 "SSL_CLIENT_S_DN_email", "SSL_CLIENT_S_DN_CN_raw",
                                 "SSL_CLIENT_SAN_OTHER_MSUPN_0", "SSL_CLIENT_SAN_OTHER_DNSSRV_0"})
            CPPUNIT_ASSERT_MESSAGE(name, !Variable::named(name));
    }

    void refuses_names_that_nothing_has()
    {
        for (const auto &name : {""s,
                                 "CLIENTCERT"s,
                                 "CLIENTCERT_"s,
                                 "SSL_CLIENT_"s,
                                 "SSL_CLIENT"s,
                                 "HTTPS"s,
                                 "SSL_SERVER_S_DN"s,
                                 "CLIENTCERT_SUBJECT "s,
                                 " CLIENTCERT_SUBJECT"s,
                                 "CLIENTCERT_SUBJECT_0"s,
                                 "CLIENTCERT_SAN"s,
                                 "CLIENTCERT_SAN_DNS_"s,
                                 "CLIENTCERT_SAN_DNSX"s,
                                 "CLIENTCERT_SAN_DNS0"s,
                                 "CLIENTCERT_SAN_DNS_-1"s,
                                 "CLIENTCERT_SAN_DNS_+1"s,
                                 "CLIENTCERT_SAN_DNS_1x"s,
                                 "CLIENTCERT_SAN_DNS_10000"s,
                                 "CLIENTCERT_SAN_DNS_1_1"s,
                                 "CLIENTCERT_SAN_DNS__1"s,
                                 "SSL_CLIENT_S_DN_"s,
                                 "SSL_CLIENT_S_DN_XX"s,
                                 "SSL_CLIENT_S_DN_DC"s,
                                 "SSL_CLIENT_S_DN_RAW"s,
                                 "SSL_CLIENT_S_DN__RAW"s,
                                 "SSL_CLIENT_S_DN_CN_x"s,
                                 "SSL_CLIENT_S_DN_CN_1_2"s,
                                 "SSL_CLIENT_S_DN_CN_RAW_1"s,
                                 "SSL_CLIENT_X_DN_CN"s,
                                 "SSL_CLIENT_SAN_Email"s,
                                 "SSL_CLIENT_SAN_Email_"s,
                                 "SSL_CLIENT_SAN_DNS_12345"s,
                                 "SSL_CLIENT_SAN_URI_0"s,
                                 "SSL_CLIENT_CERT_CHAIN_"s,
                                 "SSL_CLIENT_CERT_CHAIN_x"s,
                                 "SSL_CLIENT_CERTS"s,
                                 "CLIENTCERT_SUBJECT\0"s,
                                 "SSL_CLIENT_S_DN\0"s})
            CPPUNIT_ASSERT_MESSAGE(quoted(name), !Variable::named(name));
    }

    void tells_what_stays_the_same()
    {
        for (const auto &name : Variable::names_for(*client_))
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, name != "CLIENTCERT_REASON",
                                         Variable::named(name)->constant());
        CPPUNIT_ASSERT(!Variable::named("SSL_CLIENT_V_REMAIN")->constant());
        for (const auto *name : {"SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN_CN", "SSL_CLIENT_SAN_DNS_0",
                                 "SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_VERIFY"})
            CPPUNIT_ASSERT_MESSAGE(name, Variable::named(name)->constant());
    }

    void tells_the_reason_from_the_rest()
    {
        for (const auto &name : Variable::names_for(*client_))
            CPPUNIT_ASSERT_EQUAL(name == "CLIENTCERT_REASON", Variable::named(name)->is_reason());
        CPPUNIT_ASSERT(Variable::named("clientcert_reason")->is_reason());
        CPPUNIT_ASSERT(!Variable::named("SSL_CLIENT_VERIFY")->is_reason());
        // What the request alone can tell.
        CPPUNIT_ASSERT(Variable::named("CLIENTCERT_USER")->is_user());
        CPPUNIT_ASSERT(Variable::named("clientcert_auth")->is_authentication());
        CPPUNIT_ASSERT(!Variable::named("CLIENTCERT_USER")->constant());
        CPPUNIT_ASSERT(!Variable::named("CLIENTCERT_SUBJECT")->is_user());
    }

    void keeps_the_name_it_was_given()
    {
        CPPUNIT_ASSERT_EQUAL("SSL_CLIENT_S_DN_CN_1_RAW"s,
                             Variable::named("SSL_CLIENT_S_DN_CN_1_RAW")->name());
        CPPUNIT_ASSERT_EQUAL("CLIENTCERT_SUBJECT"s, Variable::named("clientcert_subject")->name());
    }

    void lists_names_that_have_variables()
    {
        CPPUNIT_ASSERT_EQUAL(21UL, Variable::names_for(*client_).size());
        for (const auto &name : Variable::names_for(*client_))
            CPPUNIT_ASSERT_MESSAGE(name, Variable::named(name));
        for (const auto &name : Variable::names_for(*test::nobody()))
            CPPUNIT_ASSERT_MESSAGE(name, name.find("SAN") == name.npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VariableTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// What each product makes of the certificates of RFC 9440.
#include "formats.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::all_written;
using test::contents_of;
using test::rfc9440_client;
using test::rfc9440_intermediate;
using test::rfc9440_root;
using test::written;

constexpr Verdict expired{Verdict::State::failed, Reason::expired, Time::max()};

/// As a client with a verdict that is no success, over TLS.
std::unique_ptr<const Client> refused(Verdict verdict)
{
    return rfc9440_client({}, verdict);
}

class FormatVectorsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FormatVectorsTest);
    CPPUNIT_TEST(xfcc);
    CPPUNIT_TEST(xfcc_with_a_chain);
    CPPUNIT_TEST(xfcc_with_names);
    CPPUNIT_TEST(nginx);
    CPPUNIT_TEST(nginx_without_a_valid_certificate);
    CPPUNIT_TEST(haproxy);
    CPPUNIT_TEST(haproxy_without_a_valid_certificate);
    CPPUNIT_TEST(traefik);
    CPPUNIT_TEST(traefik_with_a_chain);
    CPPUNIT_TEST(aws);
    CPPUNIT_TEST(f5);
    CPPUNIT_TEST(f5_without_a_valid_certificate);
    CPPUNIT_TEST(elb);
    CPPUNIT_TEST(webmux);
    CPPUNIT_TEST(webmux_without_a_valid_certificate);
    CPPUNIT_TEST_SUITE_END();

    void equal(const std::string &expected, const char *format, const char *field,
               const Client &client)
    {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(field, expected, written(format, field, client).value());
    }

    /// All fields, but for what stands in `long_ones` as it is.
    void equal_lines(const std::string &expected, const char *format, const Client &client)
    {
        CPPUNIT_ASSERT_EQUAL(expected, all_written(*header_format(format), client));
    }

    void xfcc()
    {
        equal(contents_of("formats/xfcc.txt"), "xfcc", "X-Forwarded-Client-Cert",
              *rfc9440_client());
    }

    void xfcc_with_a_chain()
    {
        const std::string alone = contents_of("formats/xfcc.txt");
        const auto subject = alone.find(";Subject=");
        equal(alone.substr(0, subject) + ';' + contents_of("formats/xfcc-chain.txt") +
                  alone.substr(subject),
              "xfcc", "X-Forwarded-Client-Cert",
              *rfc9440_client({rfc9440_intermediate(), rfc9440_root()}));
    }

    void xfcc_with_names()
    {
        const auto certificate = test::Builder{}
                                     .subject("C", "US")
                                     .subject("CN", "Test \"Client\", M\xc3\xbcller")
                                     .extension("subjectAltName", "DNS:lyft.com,URI:http://a.test/,"
                                                                  "DNS:www.lyft.com,URI:spiffe://b")
                                     .certificate();
        const auto value =
            written("xfcc", "X-Forwarded-Client-Cert", *test::client_with(certificate)).value();
        CPPUNIT_ASSERT_EQUAL(";Subject=\"CN=Test \\\"Client\\\"\\, M\\C3\\BCller,C=US\""
                             ";URI=http://a.test/;URI=spiffe://b;DNS=lyft.com;DNS=www.lyft.com"s,
                             value.substr(value.find(";Subject=")));
    }

    void nginx()
    {
        equal_lines("X-SSL-Client-Cert: " + contents_of("formats/nginx-escaped.txt") +
                        "\nX-SSL-Client-Verify: SUCCESS\n"
                        "X-SSL-Client-S-DN: CN=BC\n"
                        "X-SSL-Client-I-DN: CN=LA Intermediate CA,O=Let's Authenticate\n"
                        "X-SSL-Client-Serial: 07\n"
                        "X-SSL-Client-Fingerprint: ca083f269fb4fc71920e94070eaacb731929e6f9\n",
                    "nginx", *rfc9440_client());
    }

    void nginx_without_a_valid_certificate()
    {
        equal_lines("X-SSL-Client-Verify: NONE\n", "nginx", *refused(Verdict{}));
        equal_lines("X-SSL-Client-Verify: FAILED:certificate has expired\n", "nginx",
                    *refused(expired));
    }

    void haproxy()
    {
        equal_lines("X-SSL: 1\n"
                    "X-SSL-Client-Verify: 0\n"
                    "X-SSL-Client-DN: /CN=BC\n"
                    "X-SSL-Client-CN: BC\n"
                    "X-SSL-Issuer: /O=Let's Authenticate/CN=LA Intermediate CA\n"
                    "X-SSL-Client-NotBefore: 200114225533Z\n"
                    "X-SSL-Client-NotAfter: 210123225533Z\n"
                    "X-SSL-Client-SHA1: CA083F269FB4FC71920E94070EAACB731929E6F9\n"
                    "X-SSL-CERT: " +
                        contents_of("formats/base64.txt") + "\n",
                    "haproxy", *rfc9440_client());
        // Two digits fewer of a year of four; an empty string for what HAProxy has no value of.
        const auto odd = test::Builder{}
                             .subject("O", "no common name")
                             .times(V_ASN1_GENERALIZEDTIME, "20500101000000Z", "99991231235959Z")
                             .certificate();
        const auto client = test::client_with(odd);
        equal("", "haproxy", "X-SSL-Client-CN", *client);
        equal("500101000000Z", "haproxy", "X-SSL-Client-NotBefore", *client);
        equal("", "haproxy", "X-SSL-Client-NotAfter", *client);
    }

    void haproxy_without_a_valid_certificate()
    {
        equal_lines("X-SSL: 1\nX-SSL-Client-Verify: 0\n", "haproxy", *refused(Verdict{}));
        equal_lines("X-SSL: 1\nX-SSL-Client-Verify: 10\n", "haproxy", *refused(expired));
        equal_lines("X-SSL: 0\nX-SSL-Client-Verify: 0\n", "haproxy", *test::nobody());
    }

    void traefik()
    {
        equal_lines("X-Forwarded-Tls-Client-Cert: " + contents_of("formats/base64.txt") +
                        "\nX-Forwarded-Tls-Client-Cert-Info: " +
                        contents_of("formats/traefik-info.txt") + '\n',
                    "traefik", *rfc9440_client());
    }

    void traefik_with_a_chain()
    {
        const auto client = rfc9440_client({rfc9440_intermediate()});
        equal(contents_of("formats/traefik-cert.txt"), "traefik", "X-Forwarded-Tls-Client-Cert",
              *client);
        equal(contents_of("formats/traefik-info.txt") +
                  "%2CSubject%3D%22O%3DLet%27s+Authenticate%2CCN%3DLA+Intermediate+CA%22%3B"
                  "Issuer%3D%22C%3DUS%2CO%3DLet%27s+Authenticate%2CCN%3DLet%27s+Authenticate+Root+"
                  "Authority%22%3BSerialNumber%3D%2222%22%3BNB%3D%221579037550%22%3B"
                  "NA%3D%221894397550%22",
              "traefik", "X-Forwarded-Tls-Client-Cert-Info", *client);
    }

    void aws()
    {
        equal_lines("X-Amzn-Mtls-Clientcert-Serial-Number: 07\n"
                    "X-Amzn-Mtls-Clientcert-Issuer: CN=LA Intermediate CA,O=Let's Authenticate\n"
                    "X-Amzn-Mtls-Clientcert-Subject: CN=BC\n"
                    "X-Amzn-Mtls-Clientcert-Validity: "
                    "NotBefore=2020-01-14T22:55:33Z;NotAfter=2021-01-23T22:55:33Z\n"
                    "X-Amzn-Mtls-Clientcert-Leaf: " +
                        contents_of("formats/aws-leaf.txt") + '\n',
                    "aws", *rfc9440_client());
        equal_lines("", "aws", *refused(expired));
    }

    void f5()
    {
        std::string pem = contents_of("rfc9440/leaf.pem");
        pem.pop_back();
        for (std::size_t at = 0; (at = pem.find('\n')) != pem.npos;)
            pem.replace(at, 1, "   ");
        equal_lines("SSLClientCertStatus: OK\n"
                    "SSLClientCertHash: f2:dd:76:71:c6:26:dc:87:e6:b0:27:5b:32:a1:b3:af\n"
                    "SSLClientCertIssuer: O=Let's Authenticate, CN=LA Intermediate CA\n"
                    "SSLClientCertSerialNumber: 07\n"
                    "SSLClientCertSignatureAlgorithm: ecdsa-with-SHA256\n"
                    "SSLClientCertSubject: CN=BC\n"
                    "SSLClientCertSubjectPublicKey: EC 256\n"
                    "SSLClientCertNotValidBefore: Jan 14 22:55:33 2020 GMT\n"
                    "SSLClientCertNotValidAfter: Jan 23 22:55:33 2021 GMT\n"
                    "SSLClientCertVersion: 3\n"
                    "SSLClientCert: " +
                        pem + '\n',
                    "f5", *rfc9440_client());
        // As BIG-IP has logged it.
        const auto rsa =
            test::Builder{}.serial("f1b4badbda902f79").key(test::rsa_key(2048)).certificate();
        const auto client = test::client_with(rsa);
        equal("RSA 2048", "f5", "SSLClientCertSubjectPublicKey", *client);
        equal("f1:b4:ba:db:da:90:2f:79", "f5", "SSLClientCertSerialNumber", *client);
        equal("sha256WithRSAEncryption", "f5", "SSLClientCertSignatureAlgorithm", *client);
    }

    void f5_without_a_valid_certificate()
    {
        equal_lines("SSLClientCertStatus: NoClientCert\n", "f5", *refused(Verdict{}));
        equal_lines("SSLClientCertStatus: certificate has expired\n", "f5", *refused(expired));
    }

    void elb()
    {
        equal_lines(
            "X-Forwarded-Clientcert: " + contents_of("formats/nginx-escaped.txt") +
                "\nX-Forwarded-Clientcert-subjectdn: CN=BC\n"
                "X-Forwarded-Clientcert-issuerdn: CN=LA Intermediate CA,O=Let's Authenticate\n"
                "X-Forwarded-Clientcert-fingerprint: ca083f269fb4fc71920e94070eaacb731929e6f9\n"
                "X-Forwarded-Clientcert-clientverify: SUCCESS\n"
                "X-Forwarded-Clientcert-serialnumber: 07\n"
                "X-Forwarded-Clientcert-end: Jan 23 22:55:33 2021 GMT\n",
            "elb", *rfc9440_client());
        equal_lines("X-Forwarded-Clientcert-clientverify: FAILED:certificate has expired\n", "elb",
                    *refused(expired));
    }

    void webmux()
    {
        equal_lines("X-WebMux-SSL-termination: true\n"
                    "X-WebMux-SSL-Client: subject=\"CN=BC\"; "
                    "issuer=\"CN=LA Intermediate CA,O=Let's Authenticate\"; serial=\"07\"; "
                    "notBefore=\"2020-01-14T22:55:33Z\"; notAfter=\"2021-01-23T22:55:33Z\"; "
                    "san-email=\"bdc@example.com\"; certificate=\"" +
                        contents_of("formats/base64.txt") +
                        "\"\n"
                        "X-WebMux-SSL-Client-Verify: SUCCESS\n",
                    "webmux", *rfc9440_client());
    }

    void webmux_without_a_valid_certificate()
    {
        equal_lines("X-WebMux-SSL-termination: true\n"
                    "X-WebMux-SSL-Client: NO CLIENT CERTIFICATE\n"
                    "X-WebMux-SSL-Client-Verify: FAILED:expired\n",
                    "webmux", *refused(expired));
        equal_lines("X-WebMux-SSL-Client: NO CLIENT CERTIFICATE\n"
                    "X-WebMux-SSL-Client-Verify: NONE\n",
                    "webmux", *test::nobody());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatVectorsTest);

}  // namespace

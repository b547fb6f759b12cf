// SPDX-License-Identifier: Apache-2.0
#include "downloads.hh"

namespace {

using namespace clientcert;
using namespace std::string_literals;

class RestrictedDownloadsTest : public DownloadFixture {
    CPPUNIT_TEST_SUITE(RestrictedDownloadsTest);
    CPPUNIT_TEST(goes_to_listed_hosts);
    CPPUNIT_TEST(connects_to_no_private_address);
    CPPUNIT_TEST(goes_through_no_proxy);
    CPPUNIT_TEST(does_not_use_the_connections_of_others);
    CPPUNIT_TEST(goes_through_the_proxy_of_the_environment);
    CPPUNIT_TEST_SUITE_END();

    void goes_to_listed_hosts()
    {
        const auto listed = hosts({"localhost", "127.0.0.1"});
        const auto restricted = [&](const std::string &url) {
            auto one = download_of(url, file_);
            one.restricted = &listed;
            return one;
        };
        server_.answer("/a", "200 OK", "", "crl");
        CPPUNIT_ASSERT_EQUAL(""s,
                             error_of(restricted("http://LOCALHOST:" + server_.port() + "/a")));
        CPPUNIT_ASSERT_EQUAL(""s, error_of(restricted(server_.url("/a"))));
        CPPUNIT_ASSERT_EQUAL("\"http://other.example/a\" is not fetched: ClientCertCRLHosts does "
                             "not list \"other.example\""s,
                             refusal_of(restricted("http://other.example/a")));
        CPPUNIT_ASSERT_EQUAL("\"ldap://localhost/a\" comes from a certificate: only http and https "
                             "are then followed"s,
                             refusal_of(restricted("ldap://localhost/a")));
        CPPUNIT_ASSERT_EQUAL("\"http://localhost/a\" comes from a certificate and has a user name, "
                             "which no URL of a CRL needs"s,
                             refusal_of(restricted("http://me@localhost/a")));
        refusal_of(restricted("http://localhost@other.example/a"));
        refusal_of(restricted("http://other.example#localhost"));
        refusal_of(restricted("http://127.0.0.2/a"));
    }

    void connects_to_no_private_address()
    {
        const auto listed = hosts({"localhost"});
        auto one = download_of("http://localhost:" + server_.port() + "/a", file_);
        one.restricted = &listed;
        server_.answer("/a", "200 OK", "", "crl");
        const auto error = error_of(one);
        CPPUNIT_ASSERT_MESSAGE(
            error, has(error, ", which is no public address and not listed by ClientCertCRLHosts"));
        CPPUNIT_ASSERT(server_.requests().empty());
        one.restricted = nullptr;
        CPPUNIT_ASSERT_EQUAL(""s, error_of(one));
    }

    void goes_through_no_proxy()
    {
        HttpServer proxy;
        setenv("http_proxy", proxy.url("").c_str(), 1);
        setenv("all_proxy", proxy.url("").c_str(), 1);
        const auto listed = hosts({"127.0.0.1"});
        server_.answer("/a", "200 OK", "", "crl");
        auto one = download("/a");
        one.restricted = &listed;
        const auto error = error_of(one);
        CPPUNIT_ASSERT_EQUAL(""s, error);
        CPPUNIT_ASSERT(proxy.requests().empty());
    }

    void does_not_use_the_connections_of_others()
    {
        server_.answer("/a", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ncrl",
                       HttpServer::Then::hold);
        const auto url = "http://localhost:" + server_.port() + "/a";
        Downloads downloads;
        auto one = download_of(url, file_);
        CPPUNIT_ASSERT(downloads.start(one));
        CPPUNIT_ASSERT_EQUAL(""s, finish(downloads).error);
        const auto listed = hosts({"localhost"});
        one.restricted = &listed;
        CPPUNIT_ASSERT(downloads.start(one));
        CPPUNIT_ASSERT(has(finish(downloads).error, "no public address"));
    }

    void goes_through_the_proxy_of_the_environment()
    {
        HttpServer proxy;
        setenv("http_proxy", proxy.url("").c_str(), 1);
        proxy.answer("http://crl.example/a", "200 OK", "", "crl");
        CPPUNIT_ASSERT_EQUAL(""s, error_of(download_of("http://crl.example/a", file_)));
        CPPUNIT_ASSERT_EQUAL("crl"s, file_.content());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RestrictedDownloadsTest);

}  // namespace

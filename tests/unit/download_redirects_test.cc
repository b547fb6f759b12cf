// SPDX-License-Identifier: Apache-2.0
#include "downloads.hh"

namespace {

using namespace clientcert;
using namespace std::string_literals;

class DownloadRedirectsTest : public DownloadFixture {
    CPPUNIT_TEST_SUITE(DownloadRedirectsTest);
    CPPUNIT_TEST(follows_redirects);
    CPPUNIT_TEST(follows_five_redirects_and_no_more);
    CPPUNIT_TEST(follows_no_redirect_to_other_schemes);
    CPPUNIT_TEST(keeps_nothing_of_an_answer_that_redirects);
    CPPUNIT_TEST(refuses_a_redirect_without_end);
    CPPUNIT_TEST(sends_a_password_to_its_own_server_alone);
    CPPUNIT_TEST(restricted_follows_redirects_to_listed_hosts_alone);
    CPPUNIT_TEST_SUITE_END();

    void follows_redirects()
    {
        for (const char *status : {"301", "302", "303", "307", "308"}) {
            const auto path = "/"s + status;
            server_.answer(path, status + " Away"s, "Location: "s + status + "/b\r\n", "no CRL");
            server_.answer(path + "/b", "404 Gone", "", "no CRL");
            const auto absolute = "Location: " + server_.url("/c") + "\r\n";
            CPPUNIT_ASSERT_EQUAL(server_.url(path) + " (redirected to " + server_.url(path + "/b") +
                                     "): the server answered with status 404; 200 was expected",
                                 error_of(download(path)));
            server_.answer(path + "/b", status + " Away"s, absolute, "");
            server_.answer("/c", "200 OK", "", "crl");
            const Memory file;
            CPPUNIT_ASSERT_EQUAL(""s, error_of(download_of(server_.url(path), file)));
            CPPUNIT_ASSERT_EQUAL("crl"s, file.content());
        }
        server_.answer("/300", "300 Several", "Location: /c\r\n", "");
        CPPUNIT_ASSERT(has(error_of(download("/300")), "status 300"));
    }

    void follows_five_redirects_and_no_more()
    {
        for (int n = 1; n < 7; ++n)
            server_.answer("/" + std::to_string(n), "302 On",
                           "Location: /" + std::to_string(n + 1) + "\r\n", "");
        server_.answer("/7", "200 OK", "", "crl");
        CPPUNIT_ASSERT_EQUAL(""s, error_of(download("/2")));
        CPPUNIT_ASSERT(has(error_of(download("/1")), ": more than 5 redirects"));
        server_.answer("/loop", "302 On", "Location: /loop\r\n", "");
        CPPUNIT_ASSERT(has(error_of(download("/loop")), ": more than 5 redirects"));
    }

    void follows_no_redirect_to_other_schemes()
    {
        for (const auto &target : {"ldap://127.0.0.1/cn=ca"s, "file:///etc/passwd"s,
                                   "ftp://127.0.0.1/a"s, "gopher://127.0.0.1/a"s}) {
            server_.answer("/a", "302 On", "Location: " + target + "\r\n", "");
            CPPUNIT_ASSERT_MESSAGE(target, has(error_of(download("/a")), target));
        }
        server_.answer("/a", "302 On", "Location: ldap://127.0.0.1/cn=ca\r\n", "");
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") +
                                 ": a redirect to \"ldap://127.0.0.1/cn=ca\" is not followed: it "
                                 "would have to lead to http or https",
                             error_of(download("/a")));
    }

    void keeps_nothing_of_an_answer_that_redirects()
    {
        server_.answer("/a", "302 On", "ETag: a\r\nLocation: /b\r\n", "no CRL");
        server_.answer("/b", "200 OK", "", "crl");
        const auto result = fetch(download("/a"));
        CPPUNIT_ASSERT_EQUAL(""s, result.error);
        CPPUNIT_ASSERT_EQUAL(""s, result.etag);
        CPPUNIT_ASSERT_EQUAL("crl"s, file_.content());
    }

    void refuses_a_redirect_without_end()
    {
        server_.answer("/a", "HTTP/1.1 302 On\r\nLocation: /b\r\n\r\nendless",
                       HttpServer::Then::repeat);
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") +
                                 ": the server redirects with more words than are listened to",
                             error_of(download("/a")));
    }

    void sends_a_password_to_its_own_server_alone()
    {
        HttpServer other;
        server_.answer("/a", "302 On", "Location: " + other.url("/b") + "\r\n", "");
        other.answer("/b", "200 OK", "", "crl");
        CPPUNIT_ASSERT_EQUAL(
            ""s,
            error_of(download_of("http://me:secret@127.0.0.1:" + server_.port() + "/a", file_)));
        CPPUNIT_ASSERT(has(server_.requests().at(0), "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n"));
        CPPUNIT_ASSERT(!has(other.requests().at(0), "Authorization"));
    }

    void restricted_follows_redirects_to_listed_hosts_alone()
    {
        const auto listed = hosts({"127.0.0.1", "public.localhost"});
        const auto redirected = [&](const std::string &target) {
            server_.answer("/a", "302 On", "Location: " + target + "\r\n", "");
            auto one = download("/a");
            one.restricted = &listed;
            return error_of(one);
        };
        server_.answer("/b", "200 OK", "", "crl");
        CPPUNIT_ASSERT_EQUAL(""s, redirected(server_.url("/b")));
        CPPUNIT_ASSERT(has(redirected("http://localhost:" + server_.port() + "/b"),
                           "does not list \"localhost\""));
        CPPUNIT_ASSERT(
            has(redirected("http://127.0.0.2:" + server_.port() + "/b"), "does not list"));
        CPPUNIT_ASSERT(has(redirected("http://me@127.0.0.1/b"), "has a user name"));
        CPPUNIT_ASSERT(has(redirected("ldap://127.0.0.1/b"), "is not followed"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DownloadRedirectsTest);

}  // namespace

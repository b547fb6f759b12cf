// SPDX-License-Identifier: Apache-2.0
#include "http_server.hh"

#include <clientcert/crl_fetch.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};

/// A file without a name.
class Memory {
public:
    Memory() : fd_{memfd_create("download", MFD_CLOEXEC)} {}
    ~Memory() { close(fd_); }
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;

    int fd() const { return fd_; }

    std::string content() const
    {
        struct stat status {};
        CPPUNIT_ASSERT_EQUAL(0, fstat(fd_, &status));
        std::string text(static_cast<std::size_t>(status.st_size), '\0');
        CPPUNIT_ASSERT_EQUAL(ssize_t{status.st_size}, pread(fd_, text.data(), text.size(), 0));
        return text;
    }

private:
    int fd_;
};

Download download_of(const std::string &url, const Memory &file)
{
    Download download;
    download.url = url;
    download.fd = file.fd();
    download.timeout = std::chrono::duration_cast<std::chrono::seconds>(patience);
    download.max_size = 1000;
    return download;
}

Downloaded finish(Downloads &downloads)
{
    for (const auto start = steady_clock::now(); steady_clock::now() < start + patience;) {
        const auto ended = downloads.step();
        if (!ended.empty())
            return ended.front();
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    CPPUNIT_FAIL("the download does not end");
    return {};
}

Downloaded fetch(const Download &download)
{
    Downloads downloads;
    const auto id = downloads.start(download);
    CPPUNIT_ASSERT_MESSAGE(id ? "" : id.error(), id);
    auto result = finish(downloads);
    CPPUNIT_ASSERT_EQUAL(*id, result.id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, downloads.under_way());
    return result;
}

std::string error_of(const Download &download)
{
    return fetch(download).error;
}

std::string refusal_of(const Download &download)
{
    Downloads downloads;
    const auto id = downloads.start(download);
    CPPUNIT_ASSERT(!id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, downloads.under_way());
    return id.error();
}

AllowedHosts hosts(const std::vector<const char *> &listed)
{
    AllowedHosts result;
    for (const char *host : listed)
        CPPUNIT_ASSERT(result.add(host));
    return result;
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != text.npos;
}

class DownloadsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DownloadsTest);
    CPPUNIT_TEST(stores_what_the_server_sends);
    CPPUNIT_TEST(asks_whether_there_is_something_new);
    CPPUNIT_TEST(takes_the_new_one_whatever_its_date);
    CPPUNIT_TEST(asks_with_no_validator_that_breaks_the_request);
    CPPUNIT_TEST(says_what_the_server_answered);
    CPPUNIT_TEST(passes_on_when_to_come_again);
    CPPUNIT_TEST(refuses_an_empty_answer);
    CPPUNIT_TEST(takes_as_much_as_is_allowed);
    CPPUNIT_TEST(refuses_what_is_announced_as_too_large);
    CPPUNIT_TEST(stops_when_it_becomes_too_large);
    CPPUNIT_TEST(refuses_what_was_cut_off);
    CPPUNIT_TEST(gives_up_in_time);
    CPPUNIT_TEST(follows_redirects);
    CPPUNIT_TEST(follows_five_redirects_and_no_more);
    CPPUNIT_TEST(follows_no_redirect_to_other_schemes);
    CPPUNIT_TEST(keeps_nothing_of_an_answer_that_redirects);
    CPPUNIT_TEST(refuses_a_redirect_without_end);
    CPPUNIT_TEST(refuses_urls_that_it_cannot_fetch);
    CPPUNIT_TEST(never_tells_a_password);
    CPPUNIT_TEST(sends_a_password_to_its_own_server_alone);
    CPPUNIT_TEST(says_when_nobody_answers);
    CPPUNIT_TEST(says_when_the_file_cannot_be_written);
    CPPUNIT_TEST(restricted_goes_to_listed_hosts);
    CPPUNIT_TEST(restricted_connects_to_no_private_address);
    CPPUNIT_TEST(restricted_follows_redirects_to_listed_hosts_alone);
    CPPUNIT_TEST(restricted_goes_through_no_proxy);
    CPPUNIT_TEST(restricted_does_not_use_the_connections_of_others);
    CPPUNIT_TEST(goes_through_the_proxy_of_the_environment);
    CPPUNIT_TEST(goes_on_with_several_at_a_time);
    CPPUNIT_TEST(ends_with_downloads_under_way);
    CPPUNIT_TEST_SUITE_END();

    HttpServer server_;
    Memory file_;

public:
    void setUp() override
    {
        for (const char *name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                 "ALL_PROXY", "no_proxy", "NO_PROXY"})
            unsetenv(name);
    }

    void tearDown() override { unsetenv("http_proxy"); }

private:
    Download download(const std::string &path) const
    {
        return download_of(server_.url(path), file_);
    }

    void stores_what_the_server_sends()
    {
        server_.answer("/a", "200 OK",
                       "ETag: \"7\"\r\nlast-modified:  Sun, 06 Nov 1994 08:49:37 GMT \r\n",
                       "crl\0crl"s);
        const auto result = fetch(download("/a"));
        CPPUNIT_ASSERT_EQUAL(""s, result.error);
        CPPUNIT_ASSERT(!result.unchanged);
        CPPUNIT_ASSERT_EQUAL("\"7\""s, result.etag);
        CPPUNIT_ASSERT_EQUAL("Sun, 06 Nov 1994 08:49:37 GMT"s, result.last_modified);
        CPPUNIT_ASSERT_EQUAL("crl\0crl"s, file_.content());
        CPPUNIT_ASSERT(!has(server_.requests().at(0), "If-"));
    }

    void asks_whether_there_is_something_new()
    {
        server_.answer("/a", "HTTP/1.1 304 Not Modified\r\nETag: \"8\"\r\n\r\n");
        auto one = download("/a");
        one.etag = "\"7\"";
        one.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
        const auto result = fetch(one);
        CPPUNIT_ASSERT_EQUAL(""s, result.error);
        CPPUNIT_ASSERT(result.unchanged);
        CPPUNIT_ASSERT_EQUAL("\"8\""s, result.etag);
        CPPUNIT_ASSERT_EQUAL(""s, file_.content());
        const auto request = server_.requests().at(0);
        CPPUNIT_ASSERT(has(request, "\r\nIf-None-Match: \"7\"\r\n"));
        CPPUNIT_ASSERT(has(request, "\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    }

    void takes_the_new_one_whatever_its_date()
    {
        server_.answer("/a", "200 OK",
                       "ETag: \"8\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "crl");
        auto one = download("/a");
        one.etag = "\"7\"";
        one.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
        const auto result = fetch(one);
        CPPUNIT_ASSERT_EQUAL(""s, result.error);
        CPPUNIT_ASSERT(!result.unchanged);
        CPPUNIT_ASSERT_EQUAL("crl"s, file_.content());
    }

    void asks_with_no_validator_that_breaks_the_request()
    {
        server_.answer("/a", "200 OK", "", "crl");
        auto one = download("/a");
        one.etag = "\"7\"\r\nEvil: 1";
        one.last_modified = std::string(2000, 'x');
        CPPUNIT_ASSERT_EQUAL(""s, error_of(one));
        CPPUNIT_ASSERT(!has(server_.requests().at(0), "Evil"));
        CPPUNIT_ASSERT(!has(server_.requests().at(0), "If-"));
    }

    void says_what_the_server_answered()
    {
        CPPUNIT_ASSERT_EQUAL(server_.url("/none") +
                                 ": the server answered with status 404; 200 was expected",
                             error_of(download("/none")));
        CPPUNIT_ASSERT_EQUAL(""s, file_.content());
        server_.answer("/a", "HTTP/1.1 304 Not Modified\r\n\r\n");
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") +
                                 ": the server answered with status 304; 200 was expected",
                             error_of(download("/a")));
        server_.answer("/b", "HTTP/1.1 500 No\r\n\r\nendless", HttpServer::Then::repeat);
        auto asking = download("/b");
        asking.etag = "x";
        CPPUNIT_ASSERT_EQUAL(server_.url("/b") +
                                 ": the server answered with status 500; 200 was expected, or 304",
                             error_of(asking));
        server_.answer("/c", "204 No Content", "ETag: x\r\n", "");
        CPPUNIT_ASSERT(has(error_of(download("/c")), "status 204"));
        CPPUNIT_ASSERT_EQUAL(""s, fetch(download("/c")).etag);
    }

    void passes_on_when_to_come_again()
    {
        server_.answer("/a", "503 Busy", "Retry-After: 120\r\n", "later");
        const auto result = fetch(download("/a"));
        CPPUNIT_ASSERT(has(result.error, "status 503"));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{120}, std::int64_t{result.retry_after.count()});
        CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                             std::int64_t{fetch(download("/none")).retry_after.count()});
    }

    void refuses_an_empty_answer()
    {
        server_.answer("/a", "200 OK", "ETag: x\r\n", "");
        const auto result = fetch(download("/a"));
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") + ": the answer is empty; a CRL was expected",
                             result.error);
        CPPUNIT_ASSERT_EQUAL(""s, result.etag);
    }

    void takes_as_much_as_is_allowed()
    {
        const std::string body(1000, 'x');
        server_.answer("/a", "200 OK", "", body);
        CPPUNIT_ASSERT_EQUAL(""s, error_of(download("/a")));
        CPPUNIT_ASSERT_EQUAL(body, file_.content());
    }

    void refuses_what_is_announced_as_too_large()
    {
        server_.answer("/a", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
                       HttpServer::Then::hold);
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") + ": larger than 1000 octets, its max-size",
                             error_of(download("/a")));
    }

    void stops_when_it_becomes_too_large()
    {
        server_.answer("/a", "HTTP/1.1 200 OK\r\n\r\nendless", HttpServer::Then::repeat);
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") + ": larger than 1000 octets, its max-size",
                             error_of(download("/a")));
        CPPUNIT_ASSERT(file_.content().size() <= 1000);
    }

    void refuses_what_was_cut_off()
    {
        server_.answer("/a", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.");
        CPPUNIT_ASSERT(has(error_of(download("/a")), "5 bytes remaining"));
        server_.answer("/b", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf.\r\n");
        CPPUNIT_ASSERT(has(error_of(download("/b")), "/b: "));
        server_.answer("/c", "HTTP/1.1 200");
        CPPUNIT_ASSERT(has(error_of(download("/c")), "/c: "));
    }

    void gives_up_in_time()
    {
        server_.answer("/a", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.",
                       HttpServer::Then::hold);
        auto one = download("/a");
        one.timeout = std::chrono::seconds{1};
        CPPUNIT_ASSERT_EQUAL(server_.url("/a") + ": not finished within the timeout of 1 seconds",
                             error_of(one));
    }

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
        CPPUNIT_ASSERT(has(error_of(download("/a")), "status 302"));
    }

    void refuses_urls_that_it_cannot_fetch()
    {
        CPPUNIT_ASSERT_EQUAL("\"file:///etc/passwd\" is no URL of a CRL: http, https, ldap or "
                             "ldaps is expected, not file"s,
                             refusal_of(download_of("file:///etc/passwd", file_)));
        CPPUNIT_ASSERT_EQUAL("\"http://a b/\" is no URL: one such as http://crl.example.com/ca.crl "
                             "is expected, with %20 and the like for other characters"s,
                             refusal_of(download_of("http://a b/", file_)));
        for (const auto &url : {""s, "crl.example.com/a"s, "/etc/passwd"s, "ftp://h/a"s,
                                "http:///a"s, "ldap:///cn=a"s, "http://h:99999/"s,
                                "http://h/\r\nx"s, "http://h/a\0b"s, "smb://h/a"s})
            refusal_of(download_of(url, file_));
    }

    void never_tells_a_password()
    {
        for (const auto &url : {"http://me:secret@127.0.0.1:" + server_.port() + "/none",
                                "http://me:sec%20ret@127.0.0.1:" + server_.port() + "/none"}) {
            const auto error = error_of(download_of(url, file_));
            CPPUNIT_ASSERT_EQUAL(server_.url("/none") +
                                     ": the server answered with status 404; 200 was expected",
                                 error);
        }
        for (const auto &url :
             {"ftp://me:secret@h/a"s, "http://me:secret@h h/a"s, "http://me:sec/ret@h h/a"s,
              "me:secret@h"s, "http://me:secret@"s, "http://me:secret@x@h h/"s})
            CPPUNIT_ASSERT_MESSAGE(url, !has(refusal_of(download_of(url, file_)), "ret"));
        server_.answer("/a", "302 On", "Location: ftp://me:secret@h/a\r\n", "");
        CPPUNIT_ASSERT(!has(error_of(download("/a")), "secret"));
        CPPUNIT_ASSERT_EQUAL("http://h/a@b"s, printable_url("http://h/a@b"));
        CPPUNIT_ASSERT_EQUAL("http://h?a@b"s, printable_url("http://h?a@b"));
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

    void says_when_nobody_answers()
    {
        std::string url;
        {
            const HttpServer gone;
            url = gone.url("/a");
        }
        const auto error = error_of(download_of(url, file_));
        CPPUNIT_ASSERT_MESSAGE(error, error.starts_with(url + ": Failed to connect"));
    }

    void says_when_the_file_cannot_be_written()
    {
        server_.answer("/a", "200 OK", "", "crl");
        auto one = download("/a");
        one.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
        CPPUNIT_ASSERT(one.fd >= 0);
        const auto error = error_of(one);
        close(one.fd);
        CPPUNIT_ASSERT_EQUAL(
            server_.url("/a") + ": cannot be written to its file: No space left on device", error);
    }

    void restricted_goes_to_listed_hosts()
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

    void restricted_connects_to_no_private_address()
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

    void restricted_goes_through_no_proxy()
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

    void restricted_does_not_use_the_connections_of_others()
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

    void goes_on_with_several_at_a_time()
    {
        server_.answer("/slow", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow",
                       HttpServer::Then::hold);
        server_.answer("/a", "200 OK", "", "crl");
        Downloads downloads;
        const Memory slow;
        const auto first = downloads.start(download_of(server_.url("/slow"), slow));
        const auto second = downloads.start(download("/a"));
        CPPUNIT_ASSERT(first && second && *first != *second);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, downloads.under_way());
        CPPUNIT_ASSERT_EQUAL(*second, finish(downloads).id);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, downloads.under_way());
        CPPUNIT_ASSERT_EQUAL("crl"s, file_.content());
    }

    void ends_with_downloads_under_way()
    {
        server_.answer("/slow", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow",
                       HttpServer::Then::hold);
        Downloads downloads;
        CPPUNIT_ASSERT(downloads.start(download("/slow")));
        while (file_.content() != "slow")
            CPPUNIT_ASSERT(downloads.step().empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DownloadsTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "downloads.hh"

namespace {

using namespace clientcert;
using namespace std::string_literals;

class DownloadsTest : public DownloadFixture {
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
    CPPUNIT_TEST(gives_up_in_time_with_a_silent_directory);
    CPPUNIT_TEST(refuses_urls_that_it_cannot_fetch);
    CPPUNIT_TEST(never_tells_a_password);
    CPPUNIT_TEST(says_when_nobody_answers);
    CPPUNIT_TEST(says_when_the_file_cannot_be_written);
    CPPUNIT_TEST(goes_on_with_several_at_a_time);
    CPPUNIT_TEST(ends_with_downloads_under_way);
    CPPUNIT_TEST_SUITE_END();

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

    void gives_up_in_time_with_a_silent_directory()
    {
        auto one = download_of("ldap://127.0.0.1:" + server_.port() + "/cn=ca?crl", file_);
        one.timeout = std::chrono::seconds{1};
        CPPUNIT_ASSERT_EQUAL(one.url + ": not finished within the timeout of 1 seconds",
                             error_of(one));
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

// SPDX-License-Identifier: Apache-2.0
#include "crl_keepers.hh"
#include "http_server.hh"

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// CRLs that are downloaded.
class CrlKeeperUrlsTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperUrlsTest);
    CPPUNIT_TEST(publishes_a_download);
    CPPUNIT_TEST(asks_for_changes_only);
    CPPUNIT_TEST(uses_a_stored_download_at_start);
    CPPUNIT_TEST(reads_a_stored_download_where_the_index_is_lost);
    CPPUNIT_TEST(keeps_what_a_bad_download_would_replace);
    CPPUNIT_TEST(asks_for_changes_of_a_bad_download);
    CPPUNIT_TEST(does_not_read_a_bad_download_twice);
    CPPUNIT_TEST(reads_a_bad_download_again_when_something_else_changed);
    CPPUNIT_TEST(does_not_shun_a_bad_download_for_ever);
    CPPUNIT_TEST(takes_a_download_into_force_when_its_time_has_come);
    CPPUNIT_TEST(removes_what_is_no_longer_configured);
    CPPUNIT_TEST(tells_no_password);
    CPPUNIT_TEST(tries_again_after_errors);
    CPPUNIT_TEST(comes_back_when_the_server_wants);
    CPPUNIT_TEST(downloads_a_damaged_store_again);
    CPPUNIT_TEST(decides_when_a_download_failed);
    CPPUNIT_TEST(fetches_distribution_points_of_allowed_hosts);
    CPPUNIT_TEST(waits_for_an_issuer_without_another_download);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::chrono::seconds refresh{1000};

    HttpServer server_;

    std::vector<CrlSource> url() const { return {{server_.url("/ca.crl"), refresh}}; }

    void serve(const std::string &crl, const std::string &headers = "ETag: \"1\"\r\n")
    {
        server_.answer("/ca.crl", "200 OK", headers, crl);
    }

    std::size_t requests() { return server_.requests().size(); }

    /// Goes on until there was another request, and its answer was seen.
    void step_past_request(std::size_t number)
    {
        step_until([&] { return requests() >= number; });
        for (int i = 0; i < 20; ++i) {
            keeper_->step(now_);
            ::usleep(5'000);
        }
    }

    void publishes_a_download()
    {
        serve(crl(1, 5));
        start(url());
        step_until([&] { return revoked(5); });
        CPPUNIT_ASSERT_EQUAL(1U, host_.decisions);
        CPPUNIT_ASSERT_EQUAL(server_.url("/ca.crl"), index()->record(0)->source);
        step(500);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
    }

    void asks_for_changes_only()
    {
        serve(crl(1, 5), "ETag: \"one\"\r\nLast-Modified: Sat, 15 Jun 2030 00:00:00 GMT\r\n");
        start(url());
        step_until([&] { return revoked(5); });
        const auto published = host_.ids.size();
        server_.answer("/ca.crl", "HTTP/1.1 304 Not Modified\r\n\r\n");
        now_ += refresh;
        step_past_request(2);
        const auto head = server_.requests().back();
        CPPUNIT_ASSERT(head.find("\"one\"") != head.npos);
        CPPUNIT_ASSERT(head.find("Sat, 15 Jun 2030 00:00:00 GMT") != head.npos);
        CPPUNIT_ASSERT_EQUAL(published, host_.ids.size());
        serve(crl(2, 6));
        now_ += refresh;
        step_until([&] { return revoked(6); });
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
    }

    void uses_a_stored_download_at_start()
    {
        serve(crl(1, 5));
        start(url());
        step_until([&] { return revoked(5); });
        host_ = {};
        start(url());
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(1U, host_.decisions);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
        now_ += refresh;
        step_past_request(2);
        CPPUNIT_ASSERT(server_.requests().back().find("If-None-Match: \"1\"") != std::string::npos);
    }

    void reads_a_stored_download_where_the_index_is_lost()
    {
        serve(crl(1, 5));
        start(url());
        step_until([&] { return revoked(5); });
        keeper_.reset();
        fs::remove(state() + "/index");
        fs::remove(state() + "/memory");
        start(url());
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
    }

    void keeps_what_a_bad_download_would_replace()
    {
        serve(crl(2, 5));
        start(url());
        step_until([&] { return revoked(5); });
        std::size_t number = 1;
        for (const auto &bad :
             {std::string{"nonsense"}, crl(1, 6),
              CrlMaker{}.number(3).revoke(7).der_by({ca_.certificate, ec_key()})}) {
            host_.lines.clear();
            serve(bad, "ETag: \"bad\"\r\n");
            for (int again = 0; again < 2; ++again) {
                now_ += refresh;
                step_past_request(++number);
            }
            CPPUNIT_ASSERT(revoked(5));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        }
        // What is stored is still the good one.
        keeper_.reset();
        fs::remove(state() + "/index");
        fs::remove(state() + "/memory");
        start(url());
        step();
        CPPUNIT_ASSERT(revoked(5));
    }

    bool last_request_has(std::string_view text)
    {
        return server_.requests().back().find(text) != std::string::npos;
    }

    void asks_for_changes_of_a_bad_download()
    {
        serve(crl(1, 5));
        start(url());
        step_until([&] { return revoked(5); });
        serve("nonsense", "ETag: \"bad\"\r\nLast-Modified: Sat, 15 Jun 2030 00:00:00 GMT\r\n");
        now_ += refresh;
        step_past_request(2);
        CPPUNIT_ASSERT(last_request_has("If-None-Match: \"1\""));
        server_.answer("/ca.crl", "HTTP/1.1 304 Not Modified\r\n\r\n");
        for (std::size_t number = 3; number < 5; ++number) {
            now_ += refresh;
            step_past_request(number);
            CPPUNIT_ASSERT(last_request_has("If-None-Match: \"bad\""));
            CPPUNIT_ASSERT(last_request_has("Sat, 15 Jun 2030 00:00:00 GMT"));
        }
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        // The good one again, then a new one.
        serve(crl(1, 5));
        now_ += refresh;
        step_past_request(5);
        serve(crl(2, 6));
        now_ += refresh;
        step_until([&] { return revoked(6); });
        CPPUNIT_ASSERT(last_request_has("If-None-Match: \"1\""));
    }

    /// By a server that knows no ETag.
    void does_not_read_a_bad_download_twice()
    {
        serve("nonsense", "");
        start(url());
        step_past_request(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        const auto memory = state() + "/memory";
        const auto written = fs::last_write_time(memory);
        now_ += refresh;
        step_past_request(2);
        // What was read would be remembered.
        CPPUNIT_ASSERT(written == fs::last_write_time(memory));
        serve("nonsence", "");
        now_ += refresh;
        step_past_request(3);
        CPPUNIT_ASSERT(written < fs::last_write_time(memory));
    }

    void reads_a_bad_download_again_when_something_else_changed()
    {
        serve(crl(2, 5));
        start(url());
        step_until([&] { return revoked(5); });
        serve(crl(1, 6), "ETag: \"old\"\r\n");
        now_ += refresh;
        step_past_request(2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("older than one that was in force"));
        CPPUNIT_ASSERT(forget_number(state(), "CN=CA"));
        step_until([&] { return revoked(6); });
        CPPUNIT_ASSERT(last_request_has("If-None-Match: \"1\""));
    }

    void does_not_shun_a_bad_download_for_ever()
    {
        serve("nonsense", "ETag: \"bad\"\r\n");
        start(url());
        step_past_request(1);
        now_ += std::chrono::hours{23};
        step_past_request(2);
        CPPUNIT_ASSERT(last_request_has("If-None-Match: \"bad\""));
        now_ += std::chrono::hours{1};
        step_past_request(3);
        CPPUNIT_ASSERT(!last_request_has("If-None-Match"));
    }

    void takes_a_download_into_force_when_its_time_has_come()
    {
        serve(CrlMaker{}
                  .this_update(now() + std::chrono::minutes{15})
                  .number(1)
                  .revoke(5)
                  .der_by(ca_));
        start(url());
        step_until([&] { return host_.said("still to come") == 1; });
        now_ = now() + std::chrono::minutes{10};
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
    }

    std::ptrdiff_t stored() const
    {
        return std::distance(fs::directory_iterator{state() + "/downloads"}, {});
    }

    void removes_what_is_no_longer_configured()
    {
        serve(crl(1, 5));
        server_.answer("/other.crl", "200 OK", "", CrlMaker{}.number(1).revoke(6).der_by(other_));
        auto both = url();
        both.push_back({server_.url("/other.crl"), refresh});
        start(both);
        step_until([&] { return revoked(5) && revoked(6, other_); });
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{4}, stored());
        start(url());
        step(2);
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{2}, stored());
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, requests());
        // Distribution points count, even where all memory of them is lost but what was seen.
        CPPUNIT_ASSERT(hosts_.add("127.0.0.1"));
        note(server_.url("/ca.crl"));
        keeper_.reset();
        fs::remove(state() + "/index");
        fs::remove(state() + "/memory");
        start({{"cdp", refresh}});
        step(2);
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{2}, stored());
        CPPUNIT_ASSERT(revoked(5));
        start({});
        step();
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{0}, stored());
    }

    void tells_no_password()
    {
        serve(CrlMaker{}.this_update(now()).number(1).revoke(5).der_by(ca_));
        start({{"http://user:secret@127.0.0.1:" + server_.port() + "/ca.crl", refresh}});
        step_until([&] { return revoked(5); });
        assert_news({news_of("CA", 1, server_.url("/ca.crl"))});
        now_ += std::chrono::days{20};
        serve("nonsense");
        step_until([&] { return host_.lines.size() == 2; });
        CPPUNIT_ASSERT_EQUAL_MESSAGE(host_.all(), std::size_t{1}, host_.said("half of its life"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.said(server_.url("/ca.crl")));
    }

    void tries_again_after_errors()
    {
        start(url());
        step_past_request(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("404"));
        const auto begin = now_;
        for (std::size_t number = 2; number < 6; ++number)
            step_past_request(number);
        // Later and later, but sooner than it would look for changes.
        CPPUNIT_ASSERT(now_ - begin > std::chrono::seconds{20});
        CPPUNIT_ASSERT(now_ - begin < refresh);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        serve(crl(1, 5));
        step_until([&] { return revoked(5); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("was downloaded again"));
    }

    void comes_back_when_the_server_wants()
    {
        server_.answer("/ca.crl", "503 Busy", "Retry-After: 300\r\n", "");
        start(url());
        step_past_request(1);
        step(250);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
        step(60);
        step_past_request(2);
    }

    void downloads_a_damaged_store_again()
    {
        serve(crl(1, 5));
        start(url());
        step_until([&] { return revoked(5); });
        keeper_.reset();
        fs::remove(state() + "/index");
        for (const auto &entry : fs::directory_iterator{state() + "/downloads"})
            if (entry.path().extension() != ".meta")
                fs::resize_file(entry.path(), 50);
        start(url());
        step_until([&] { return revoked(5); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, requests());
        CPPUNIT_ASSERT(server_.requests().back().find("If-None-Match") == std::string::npos);
    }

    void decides_when_a_download_failed()
    {
        start(url());
        step();
        CPPUNIT_ASSERT_EQUAL(0U, host_.decisions);
        step_until([&] { return host_.decisions == 1; });
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, records());
    }

    void fetches_distribution_points_of_allowed_hosts()
    {
        serve(crl(1, 5));
        CPPUNIT_ASSERT(hosts_.add("127.0.0.1"));
        start({{"cdp", refresh}});
        step();
        CPPUNIT_ASSERT_EQUAL(1U, host_.decisions);
        note("http://127.0.0.2:" + server_.port() + "/ca.crl");
        note("ldap://127.0.0.1/x");
        note(server_.url("/ca.crl"));
        step_until([&] { return revoked(5); });
        step(20);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(host_.all(), std::size_t{2}, host_.lines.size());
        // It is remembered, as long as the source is there.
        start({{"cdp", refresh}});
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
        start({});
        step(5);
        CPPUNIT_ASSERT(!revoked(5));
    }

    void waits_for_an_issuer_without_another_download()
    {
        const auto middle = Builder{}.subject("CN", "Middle").authority().issued_by(ca_);
        serve(CrlMaker{}.number(1).revoke(5).der_by(middle));
        start(url());
        step_until([&] { return host_.said("waits until") == 1; });
        const int fd = ::open(state().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        note_issuer(fd, middle.certificate);
        ::close(fd);
        step(3);
        CPPUNIT_ASSERT(revoked(5, middle));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests());
    }

    void note(const std::string &url) const
    {
        const int fd = ::open(state().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        note_distribution_point(fd, url);
        ::close(fd);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperUrlsTest);

}  // namespace

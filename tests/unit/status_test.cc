// SPDX-License-Identifier: Apache-2.0
// <clientcert/status.hh>: what each way to write it makes of odd names, large numbers and none.
#include "core/status/attention.hh"
#include "core/status/metrics_writer.hh"
#include "core/status/words.hh"

#include <clientcert/status.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Time now{std::chrono::seconds{1'000'000'000}};

Status::Crl crl(Time begin, std::optional<Time> end)
{
    Status::Crl made;
    made.id = "0123456789abcdef";
    made.issuer = "CN=CA";
    made.source = made.file = "/crls";
    made.this_update = begin;
    made.next_update = end;
    return made;
}

Status with(Status::Crl one)
{
    Status status;
    status.now = now;
    status.crls.emplace();
    status.crls->progress = Status::Crls::Progress::read;
    status.crls->watcher = 1;
    status.crls->watcher_seen = now;
    status.crls->crls.push_back(std::move(one));
    return status;
}

std::string attention(const Status &status)
{
    std::string all;
    for (const auto &item : attention_for(status))
        all += item.what + ": " + item.text + '\n';
    return all;
}

class StatusTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(StatusTest);
    CPPUNIT_TEST(lives);
    CPPUNIT_TEST(crls_in_need_of_attention);
    CPPUNIT_TEST(a_watcher_in_need_of_attention);
    CPPUNIT_TEST(sources_and_lookups_in_need_of_attention);
    CPPUNIT_TEST(no_crl_at_all);
    CPPUNIT_TEST(numbers_in_words);
    CPPUNIT_TEST(durations_in_words);
    CPPUNIT_TEST(labels_are_escaped);
    CPPUNIT_TEST(thousands_of_crls);
    CPPUNIT_TEST(an_empty_status);
    CPPUNIT_TEST_SUITE_END();

    void lives()
    {
        CPPUNIT_ASSERT_EQUAL(0.5, crl(now - 1h, now + 1h).life(now));
        CPPUNIT_ASSERT_EQUAL(2.0, crl(now - 2h, now - 1h).life(now));
        CPPUNIT_ASSERT_EQUAL(0.0, crl(now - 2h, std::nullopt).life(now));
        CPPUNIT_ASSERT_EQUAL(0.0, crl(now + 1h, now + 2h).life(now));
        CPPUNIT_ASSERT(crl(now, now).life(now + 1s) >= 1);
        CPPUNIT_ASSERT(crl(now, now - 1h).life(now) >= 0);
    }

    void crls_in_need_of_attention()
    {
        CPPUNIT_ASSERT_EQUAL(""s, attention(with(crl(now - 8h, now + 2h))));
        CPPUNIT_ASSERT_EQUAL("CRL due: CN=CA, in 60 minutes\n"s,
                             attention(with(crl(now - 9h, now + 1h))));
        CPPUNIT_ASSERT_EQUAL("CRL overdue: CN=CA, for 3 days\n"s,
                             attention(with(crl(now - 100h, now - 72h))));
        CPPUNIT_ASSERT_EQUAL(""s, attention(with(crl(now - 1000h, std::nullopt))));
    }

    void a_watcher_in_need_of_attention()
    {
        auto status = with(crl(now, now + 1h));
        status.crls->watcher_seen = now - 2min;
        CPPUNIT_ASSERT_EQUAL("Watcher: nobody has looked at the sources of CRLs for 2 minutes\n"s,
                             attention(status));
        status.crls->watcher_seen = now;
        status.crls->watcher_error = Status::Problem{"out of memory", now - 5s};
        CPPUNIT_ASSERT_EQUAL("Watcher: out of memory, 5 seconds ago\n"s, attention(status));
    }

    void sources_and_lookups_in_need_of_attention()
    {
        auto status = with(crl(now - 9h, now + 1h));
        Status::Source source;
        source.where = "/crls";
        source.problems = {"/crls/a: broken", "gone"};
        status.crls->sources.push_back(source);
        status.lookups.push_back({"", "file:/x", 0, 0, 1, 0, Status::Problem{"down", now - 5s}});
        status.lookups.push_back({"", "file:/y", 0, 0, 1, 0, Status::Problem{"down", now - 2h}});
        status.lookups.push_back({"", "file:/z", 0, 0, 0, 0, Status::Problem{"old", now}, "gone"});
        CPPUNIT_ASSERT_EQUAL(
            "CRL source: /crls/a: broken\nCRL source: /crls: gone\nLookup: file:/z: gone\n"
            "CRL due: CN=CA, in 60 minutes\nLookup: file:/x: down, 5 seconds ago\n"s,
            attention(status));
    }

    /// Nobody gets in then, and no source has a fault of its own: an empty directory is none.
    void no_crl_at_all()
    {
        auto status = with(crl(now, now + 1h));
        status.crls->crls.clear();
        status.crls->sources.resize(1);
        status.crls->sources[0].kind = "path";
        CPPUNIT_ASSERT_EQUAL("CRLs: none is in force\n"s, attention(status));
        status.crls->sources[0].kind = "cdp";  // nobody has come yet
        CPPUNIT_ASSERT_EQUAL(""s, attention(status));
        const auto html = status_html(status).octets();
        CPPUNIT_ASSERT(html.find("no certificate has named one yet") != html.npos);
    }

    void numbers_in_words()
    {
        CPPUNIT_ASSERT_EQUAL("0"s, grouped(0));
        CPPUNIT_ASSERT_EQUAL("999"s, grouped(999));
        CPPUNIT_ASSERT_EQUAL("1,000"s, grouped(1000));
        CPPUNIT_ASSERT_EQUAL("18,446,744,073,709,551,615"s, grouped(~std::uint64_t{0}));
        CPPUNIT_ASSERT_EQUAL("1023 bytes"s, size_in_words(1023));
        CPPUNIT_ASSERT_EQUAL("1.0 KB"s, size_in_words(1024));
        CPPUNIT_ASSERT_EQUAL("1.5 MB"s, size_in_words(3 << 19));
        CPPUNIT_ASSERT_EQUAL("-"s, share(0, 0));
        CPPUNIT_ASSERT_EQUAL("100 %"s, share(~std::uint64_t{0}, ~std::uint64_t{0}));
    }

    void durations_in_words()
    {
        CPPUNIT_ASSERT_EQUAL("0 seconds"s, duration_in_words(0s));
        CPPUNIT_ASSERT_EQUAL("1 second"s, duration_in_words(-1s));
        CPPUNIT_ASSERT_EQUAL("119 seconds"s, duration_in_words(119s));
        CPPUNIT_ASSERT_EQUAL("2 minutes"s, duration_in_words(120s));
        CPPUNIT_ASSERT_EQUAL("36 hours"s, duration_in_words(36h));
        CPPUNIT_ASSERT_EQUAL("20 days"s, duration_in_words(-480h));
    }

    void labels_are_escaped()
    {
        MetricsWriter metrics;
        metrics.family(MetricsWriter::Type::counter, "x", "a\\b\nc");
        metrics.sample({{"name", "a\"b\\c\nd\x1b\xff"}, {"kind", ""}}, ~std::uint64_t{0});
        CPPUNIT_ASSERT_EQUAL("# TYPE clientcert_x counter\n# HELP clientcert_x a\\\\b\\nc\n"
                             "clientcert_x_total{name=\"a\\\"b\\\\c\\nd\\\\x1B\\\\xFF\",kind=\"\"} "
                             "18446744073709551615\n# EOF\n"s,
                             std::move(metrics).finished());
    }

    void thousands_of_crls()
    {
        auto status = with(crl(now, now + 1h));
        status.crls->crls.resize(5000, status.crls->crls.front());
        const auto html = status_html(status).octets();
        CPPUNIT_ASSERT(html.find("5,000 in force") != html.npos);
        CPPUNIT_ASSERT(html.find("And 4,800 others") != html.npos);
        CPPUNIT_ASSERT(html.size() < 500'000);
    }

    void an_empty_status()
    {
        const Status status;
        CPPUNIT_ASSERT(status_html(status).octets().find("Nothing needs attention") !=
                       std::string::npos);
        CPPUNIT_ASSERT(status_metrics(status).ends_with("# EOF\n"));
        CPPUNIT_ASSERT(status_lines(status).ends_with("ClientCertNeedsAttention: 0\n"));
        CPPUNIT_ASSERT(status_json(status).find("\"revocation\": null") != std::string::npos);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(StatusTest);

}  // namespace

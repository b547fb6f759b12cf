// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/memory.hh"
#include "crl_keepers.hh"

namespace {

using namespace clientcert;
using namespace clientcert::test;
using std::chrono::days;

/// What a keeper knows when it has been started anew.
class CrlKeeperMemoryTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperMemoryTest);
    CPPUNIT_TEST(reads_no_unchanged_file_again);
    CPPUNIT_TEST(drops_what_is_no_longer_configured);
    CPPUNIT_TEST(notices_what_changed_meanwhile);
    CPPUNIT_TEST(checks_anew_under_other_trust);
    CPPUNIT_TEST(tells_whether_an_index_is_current);
    CPPUNIT_TEST(refuses_a_lower_number);
    CPPUNIT_TEST(orders_by_time_where_there_is_no_number);
    CPPUNIT_TEST(remembers_numbers_beyond_removal_and_restart);
    CPPUNIT_TEST(keeps_numbers_of_scopes_and_keys_apart);
    CPPUNIT_TEST(publishes_the_newest_of_several_files);
    CPPUNIT_TEST(forgets_numbers_when_told_to);
    CPPUNIT_TEST(warns_once_at_each_age);
    CPPUNIT_TEST(warns_of_no_crl_without_an_end);
    CPPUNIT_TEST(survives_damaged_memory);
    CPPUNIT_TEST(goes_on_without_memory);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override
    {
        KeeperFixture::setUp();
        put("ca.crl", crl(5, 5));
    }

private:
    void restart()
    {
        host_ = {};
        start();
        step(2);
    }

    std::string memory() const { return (root_ / "state" / "memory").string(); }

    void reads_no_unchanged_file_again()
    {
        put("other.crl", "nonsense");
        ::usleep(50'000);
        restart();
        // Reading asks whether to stop.
        unsigned asked_to_read = 0;
        host_.stop = [&] { return ++asked_to_read, false; };
        put("third.crl", CrlMaker{}.number(1).revoke(1).der_by(other_));
        ::usleep(50'000);
        step();
        const auto asked = std::exchange(asked_to_read, 0U);
        step();
        CPPUNIT_ASSERT(asked_to_read < asked);
        const auto idle = asked_to_read;
        const auto id = index()->id();

        start();
        asked_to_read = 0;
        step();
        CPPUNIT_ASSERT_EQUAL(idle, asked_to_read);
        CPPUNIT_ASSERT(index()->id() == id);
        CPPUNIT_ASSERT(host_.ids.back() == id);
        CPPUNIT_ASSERT_EQUAL(2U, host_.decisions);
    }

    void drops_what_is_no_longer_configured()
    {
        put_at(root_ / "single.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        start({source(crls()), source(root_ / "single.crl")});
        step();
        CPPUNIT_ASSERT(revoked(6, other_));
        restart();
        CPPUNIT_ASSERT(!revoked(6, other_));
        CPPUNIT_ASSERT(revoked(5));
    }

    void notices_what_changed_meanwhile()
    {
        restart();
        put("other.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        fs::remove(crls("ca.crl"));
        restart();
        CPPUNIT_ASSERT(revoked(6, other_));
        CPPUNIT_ASSERT(!revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
    }

    void checks_anew_under_other_trust()
    {
        const auto middle = Builder{}.subject("CN", "Middle").authority().issued_by(ca_);
        put("ca.crl", CrlMaker{}.number(1).revoke(5).der_by(middle));
        start({source(crls())}, "one");
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("waits"));
        start({source(crls())}, "one");
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("waits"));
        KeeperSettings settings;
        settings.state_directory = state();
        settings.sources = {source(crls())};
        settings.trust = "two";
        settings.issuers.add_trusted(store_of({ca_, middle}).get());
        keeper_.reset();
        keeper_ = std::make_unique<CrlKeeper>(std::move(settings), host_);
        step();
        CPPUNIT_ASSERT(revoked(5, middle));
    }

    void tells_whether_an_index_is_current()
    {
        put_at(root_ / "single.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        const std::vector sources{source(crls()), source(root_ / "single.crl"),
                                  CrlSource{"http://127.0.0.1:1/x"}};
        ::usleep(50'000);
        start(sources, "trust");
        step();
        const auto current = [&](const auto &some, std::string_view trust = "trust") {
            return is_current(*index(), some, trust);
        };
        CPPUNIT_ASSERT(current(sources));
        CPPUNIT_ASSERT(!current(sources, "other"));
        auto others = sources;
        others[1] = source(root_ / "new.crl");
        CPPUNIT_ASSERT(!current(others));
        others = sources;
        others.pop_back();
        CPPUNIT_ASSERT(!current(others));
        others = sources;
        others[0].max_size = 10;
        CPPUNIT_ASSERT(!current(others));
        others = sources;
        others[0].refresh = std::chrono::hours{1};
        CPPUNIT_ASSERT(current(others));

        put("new.crl", crl(6, 6));
        CPPUNIT_ASSERT(!current(sources));
        fs::remove(crls("new.crl"));
        CPPUNIT_ASSERT(current(sources));
        make_old(root_ / "single.crl");
        CPPUNIT_ASSERT(!current(sources));
        step();
        put("new.crl", crl(6, 6));
        step();
        CPPUNIT_ASSERT(current(sources));
        fs::remove(crls("ca.crl"));
        CPPUNIT_ASSERT(!current(sources));
        fs::remove_all(crls());
        CPPUNIT_ASSERT(!current(sources));
    }

    void refuses_a_lower_number()
    {
        restart();
        put("ca.crl", crl(4, 6));
        step(3);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("older than one that was in force"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
        put("ca.crl", crl(5, 7));
        step();
        CPPUNIT_ASSERT(revoked(7));
    }

    void orders_by_time_where_there_is_no_number()
    {
        const auto of = [&](Time time, long serial) {
            return CrlMaker{}.this_update(time).revoke(serial).der_by(ca_);
        };
        fs::remove(crls("ca.crl"));
        put("new.crl", of(now(), 6));
        restart();
        CPPUNIT_ASSERT(revoked(6));
        put("new.crl", of(now() - second, 7));
        step();
        CPPUNIT_ASSERT(!revoked(7));
        put("new.crl", of(now(), 8));
        step();
        CPPUNIT_ASSERT(revoked(8));
        put("new.crl", of(now() + second, 9));
        step();
        CPPUNIT_ASSERT(revoked(9));
    }

    void remembers_numbers_beyond_removal_and_restart()
    {
        restart();
        fs::remove(crls("ca.crl"));
        step();
        CPPUNIT_ASSERT(!revoked(5));
        put("old.crl", crl(4, 6));
        restart();
        CPPUNIT_ASSERT(!revoked(6));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("older"));
        // Not even a lost index makes it forget.
        fs::remove(root_ / "state" / "index");
        restart();
        CPPUNIT_ASSERT(index() != nullptr);
        CPPUNIT_ASSERT(!revoked(6));
        put("new.crl", crl(5, 7));
        step();
        CPPUNIT_ASSERT(revoked(7));
    }

    void keeps_numbers_of_scopes_and_keys_apart()
    {
        const Identity second_key = Builder{}.subject("CN", "CA").authority().self_signed();
        put("key.crl", CrlMaker{}.number(1).revoke(1).der_by(second_key));
        put("scope.crl", CrlMaker{}
                             .number(2)
                             .extension(NID_issuing_distribution_point, "critical,onlyuser:TRUE")
                             .revoke(2)
                             .der_by(ca_));
        put("delta.crl", CrlMaker{}.number(4).base_number(3).revoke(3).der_by(ca_));
        KeeperSettings settings;
        settings.state_directory = state();
        settings.sources = {source(crls())};
        settings.issuers.add_trusted(store_of({ca_, second_key}).get());
        keeper_ = std::make_unique<CrlKeeper>(std::move(settings), host_);
        step(2);
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, records());
        for (const long serial : {1, 2, 3, 5})
            CPPUNIT_ASSERT(revoked(serial));
    }

    void publishes_the_newest_of_several_files()
    {
        put("a.crl", crl(7, 7));
        put("z.crl", crl(6, 6));
        restart();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records());
        CPPUNIT_ASSERT(revoked(7));
        put("m.crl", crl(8, 8));
        step(2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records());
        CPPUNIT_ASSERT(revoked(8));
        fs::remove(crls("m.crl"));
        step(2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, records());
    }

    void forgets_numbers_when_told_to()
    {
        restart();
        put("ca.crl", crl(1, 6));
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(forget_number(state(), "CN=Other"));
        step(2);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(forget_number(state(), "cn=ca"));
        step(2);
        CPPUNIT_ASSERT(revoked(6));
        CPPUNIT_ASSERT(!revoked(5));
        CPPUNIT_ASSERT(fs::is_empty(root_ / "state" / "forget"));
        put("ca.crl", crl(2, 7));
        step(2);
        CPPUNIT_ASSERT(revoked(7));
        CPPUNIT_ASSERT(!forget_number(state(), "no name"));
        CPPUNIT_ASSERT(!forget_number(state() + "/nowhere", "CN=CA"));
    }

    void warns_once_at_each_age()
    {
        put("ca.crl",
            CrlMaker{}.this_update(now()).next_update(now() + days{10}).number(9).der_by(ca_));
        const auto warnings_at = [&](Time time) {
            now_ = time - second;
            host_.lines.clear();
            step(2);
            start();
            step(2);
            return host_.all();
        };
        start();
        CPPUNIT_ASSERT_EQUAL(std::string{}, warnings_at(now() + days{5} - 10 * second));
        const auto half = warnings_at(now() + days{5});
        CPPUNIT_ASSERT(half.find("half of its life") != half.npos);
        CPPUNIT_ASSERT(half.find("number 9") != half.npos);
        CPPUNIT_ASSERT_EQUAL(half.size() - 1, half.find('\n'));
        CPPUNIT_ASSERT_EQUAL(std::string{}, warnings_at(now() + days{6}));
        CPPUNIT_ASSERT(warnings_at(now() + days{9}).find("nine tenths") != half.npos);
        CPPUNIT_ASSERT_EQUAL(std::string{}, warnings_at(now() + days{1}));
        CPPUNIT_ASSERT_EQUAL(std::string{}, warnings_at(now() + days{10} - 10 * second));
        const auto overdue = warnings_at(now() + days{10});
        CPPUNIT_ASSERT(overdue.find("overdue") != overdue.npos);
        CPPUNIT_ASSERT_EQUAL(overdue.size() - 1, overdue.find('\n'));
        CPPUNIT_ASSERT_EQUAL(std::string{}, warnings_at(now() + days{20}));
        // Another CRL has a life of its own.
        put("ca.crl", CrlMaker{}
                          .this_update(now() + days{11})
                          .next_update(now() + days{20})
                          .number(10)
                          .der_by(ca_));
        CPPUNIT_ASSERT(warnings_at(now() + days{21}).find("overdue") != half.npos);
    }

    void warns_of_no_crl_without_an_end()
    {
        long number = 9;
        for (const Time end : {day(9999, 12, 31), Time::max()}) {
            put("ca.crl", CrlMaker{}
                              .this_update(day(1960, 1, 1))
                              .next_update(end)
                              .number(++number)
                              .der_by(ca_));
            restart();
            step(5);
            CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        }
        CPPUNIT_ASSERT(index()->record(0)->info.next_update == Time::max());
    }

    void survives_damaged_memory()
    {
        restart();
        const auto octets = std::string{index()->memory()};
        const auto memory = KeeperMemory::decoded(octets);
        CPPUNIT_ASSERT(memory);
        CPPUNIT_ASSERT_EQUAL(octets, memory->encoded());
        Chance chance{7};
        for (std::size_t size = 0; size < octets.size(); ++size)
            CPPUNIT_ASSERT(!KeeperMemory::decoded(octets.substr(0, size)));
        CPPUNIT_ASSERT(!KeeperMemory::decoded(octets + '\0'));
        for (int i = 0; i < 20'000; ++i) {
            auto damaged = octets;
            damaged[chance.below(damaged.size())] = static_cast<char>(chance.below(256));
            if (const auto other = KeeperMemory::decoded(damaged))
                CPPUNIT_ASSERT_EQUAL(damaged.size(), other->encoded().size());
        }
    }

    void goes_on_without_memory()
    {
        put("broken.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        restart();
        CPPUNIT_ASSERT(revoked(6, other_));
        const auto old = index();
        fs::remove(memory());
        // An index of another version.
        std::vector<NewRecord> records;
        for (std::size_t n = 0; n < old->size(); ++n) {
            const auto record = old->record(n);
            records.push_back(
                {record->info, record->signer, record->source, table_octets(*old, n)});
        }
        fs::remove(root_ / "state" / "index");
        const int fd = ::open((root_ / "state" / "index").c_str(), O_RDWR | O_CREAT, 0600);
        CPPUNIT_ASSERT(write_index(fd, std::move(records), "another version"));
        ::close(fd);
        put("broken.crl", "nonsense");
        put("ca.crl", crl(4, 7));
        restart();
        CPPUNIT_ASSERT(revoked(6, other_));
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(!revoked(7));
        put("ca.crl", crl(6, 8));
        step();
        CPPUNIT_ASSERT(revoked(8));
        CPPUNIT_ASSERT(!revoked(5));
        CPPUNIT_ASSERT(revoked(6, other_));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperMemoryTest);

}  // namespace

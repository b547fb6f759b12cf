// SPDX-License-Identifier: Apache-2.0
#include "crl_keepers.hh"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// No file of this process may grow beyond a size: what a full disk is like.
class FullDisk {
public:
    explicit FullDisk(rlim_t size) : before_{signal(SIGXFSZ, SIG_IGN)}
    {
        getrlimit(RLIMIT_FSIZE, &limit_);
        const rlimit small{size, limit_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk()
    {
        setrlimit(RLIMIT_FSIZE, &limit_);
        signal(SIGXFSZ, before_);
    }
    FullDisk(const FullDisk &) = delete;
    FullDisk &operator=(const FullDisk &) = delete;

private:
    rlimit limit_{};
    sighandler_t before_;
};

class CrlKeeperFaultsTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperFaultsTest);
    CPPUNIT_TEST(waits_for_room_on_the_disk);
    CPPUNIT_TEST(waits_for_room_at_the_very_beginning);
    CPPUNIT_TEST(writes_a_removed_index_again);
    CPPUNIT_TEST(writes_a_replaced_index_again);
    CPPUNIT_TEST(heals_an_index_that_is_damaged_anywhere);
    CPPUNIT_TEST(heals_an_index_that_is_cut_off_while_in_use);
    CPPUNIT_TEST(heals_an_index_that_is_damaged_while_in_use);
    CPPUNIT_TEST(follows_a_state_directory_that_goes_away);
    CPPUNIT_TEST(makes_a_state_directory_anew);
    CPPUNIT_TEST(lets_one_keeper_at_a_directory_at_a_time);
    CPPUNIT_TEST(takes_over_what_another_keeper_did);
    CPPUNIT_TEST(survives_being_killed);
    CPPUNIT_TEST(cleans_up_after_one_that_was_killed);
    CPPUNIT_TEST(reads_again_what_is_replaced_while_being_read);
    CPPUNIT_TEST(takes_any_clock);
    CPPUNIT_TEST(takes_ten_thousand_files);
    CPPUNIT_TEST_SUITE_END();

    std::string index_path() const { return state() + "/index"; }

    std::string large_crl(long number, long entries) const
    {
        CrlMaker maker;
        for (long serial = 1; serial <= entries; ++serial)
            maker.revoke(serial);
        return maker.number(number).der_by(ca_);
    }

    void waits_for_room_on_the_disk()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        put("ca.crl", large_crl(2, 10'000));
        put("other.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        {
            const FullDisk full{100'000};
            step(20);
            CPPUNIT_ASSERT(revoked(5));
            CPPUNIT_ASSERT(!revoked(10'000));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("cannot be written"));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
        }
        step(10);
        CPPUNIT_ASSERT(revoked(10'000));
        CPPUNIT_ASSERT(revoked(6, other_));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("can be written again"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.lines.size());
    }

    void waits_for_room_at_the_very_beginning()
    {
        put("ca.crl", large_crl(2, 10'000));
        start();
        {
            const FullDisk full{100'000};
            step(20);
            CPPUNIT_ASSERT(index() == nullptr);
            CPPUNIT_ASSERT_EQUAL(0U, host_.decisions);
        }
        step(10);
        CPPUNIT_ASSERT(revoked(10'000));
        CPPUNIT_ASSERT_EQUAL(1U, host_.decisions);
    }

    void writes_a_removed_index_again()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        fs::remove(index_path());
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.ids.size());
    }

    void writes_a_replaced_index_again()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        put_at(index_path(), "something else");
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        fs::rename(root_ / "state" / "index", root_ / "state" / "moved");
        fs::create_symlink("moved", index_path());
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(!fs::is_symlink(index_path()));
    }

    void heals_an_index_that_is_damaged_anywhere()
    {
        put("ca.crl", crl(3, 5));
        start();
        step();
        keeper_.reset();
        const auto whole = contents(index_path());
        Chance chance{3};
        for (std::size_t at = 0; at < whole.size(); at += 1 + chance.below(40)) {
            auto damaged = whole;
            if (chance.one_in(4))
                damaged.resize(at);
            else
                damaged[at] = static_cast<char>(damaged[at] ^ (1 << chance.below(8)));
            write(index_path(), damaged);
            host_ = {};
            start();
            step();
            CPPUNIT_ASSERT(index() && index()->whole());
            CPPUNIT_ASSERT(revoked(5));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("is damaged, and is built anew"));
            keeper_.reset();
        }
        // What had been in force is not forgotten.
        put("ca.crl", crl(2, 6));
        write(index_path(), whole.substr(1));
        start();
        step();
        CPPUNIT_ASSERT(!revoked(6));
    }

    void heals_an_index_that_is_cut_off_while_in_use()
    {
        put("ca.crl", large_crl(1, 10'000));
        start();
        step();
        fs::resize_file(index_path(), 0);
        step();
        CPPUNIT_ASSERT(revoked(10'000));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
    }

    void heals_an_index_that_is_damaged_while_in_use()
    {
        put("ca.crl", large_crl(1, 10'000));
        start();
        step();
        const int fd = ::open(index_path().c_str(), O_WRONLY);
        const std::string zeros(1000, '\0');
        CPPUNIT_ASSERT_EQUAL(ssize_t{1000}, ::pwrite(fd, zeros.data(), zeros.size(), 70'000));
        ::close(fd);
        CPPUNIT_ASSERT(!index()->whole());
        step();
        CPPUNIT_ASSERT(index()->whole());
        CPPUNIT_ASSERT(revoked(10'000));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
    }

    void follows_a_state_directory_that_goes_away()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        fs::create_directory(root_ / "parent");
        fs::rename(state(), root_ / "parent" / "state");
        write(root_ / "state", "a file in its place");
        put("ca.crl", crl(2, 6));
        step(5);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        CPPUNIT_ASSERT(host_.lines[0].level == KeeperHost::Level::error);
        fs::remove(root_ / "state");
        fs::rename(root_ / "parent" / "state", state());
        step();
        CPPUNIT_ASSERT(revoked(6));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("can be used again"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.lines.size());
    }

    void makes_a_state_directory_anew()
    {
        put("ca.crl", crl(1, 5));
        start({source(crls("ca.crl"))});
        step();
        fs::remove(crls("ca.crl"));
        fs::rename(state(), root_ / "away");
        step(2);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
        fs::remove_all(state());
        step(2);
        CPPUNIT_ASSERT(revoked(5));
    }

    void lets_one_keeper_at_a_directory_at_a_time()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        RecordingHost host;
        auto second_keeper = keeper({source(crls())}, host);
        for (int i = 0; i < 10; ++i)
            second_keeper->step(now_ += second);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host.lines.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                             host.said("process " + std::to_string(::getpid()) + " on "));
        CPPUNIT_ASSERT(host.ids.empty());
        put("ca.crl", crl(2, 6));
        step();
        CPPUNIT_ASSERT(revoked(6));
        keeper_.reset();
        put("ca.crl", crl(3, 7));
        second_keeper->step(now_ += second);
        CPPUNIT_ASSERT(revoked(7));
        CPPUNIT_ASSERT_EQUAL(1U, host.decisions);
        // A lock file that is gone holds nobody.
        fs::remove(state() + "/lock");
        start();
        step();
        put("ca.crl", crl(4, 8));
        second_keeper->step(now_ += second);
        step();
        CPPUNIT_ASSERT(revoked(8));
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
    }

    void takes_over_what_another_keeper_did()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        RecordingHost host;
        fs::rename(state(), root_ / "away");
        auto second_keeper = keeper({source(crls())}, host);
        put("ca.crl", crl(2, 6));
        second_keeper->step(now_ += second);
        step(5);
        CPPUNIT_ASSERT(host_.ids.size() == 1);
        second_keeper.reset();
        step();
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
        put("ca.crl", crl(3, 7));
        step();
        CPPUNIT_ASSERT(revoked(7));
    }

    /// At any moment: whatever is there is whole, and the next keeper goes on.
    void survives_being_killed()
    {
        std::vector<std::string> versions;
        for (long number = 1; number <= 40; ++number)
            versions.push_back(CrlMaker{}.number(number).revoke(number).der_by(ca_));
        Chance chance{11};
        for (long round = 0; round < 40; ++round) {
            const auto version = static_cast<std::size_t>(round);
            const pid_t child = ::fork();
            if (child == 0) {
                ::alarm(20);
                start();
                for (;; step())
                    put("ca.crl", versions[version]);
            }
            ::usleep(static_cast<useconds_t>(chance.below(12'000)));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            if (const auto found = index())
                CPPUNIT_ASSERT(found->whole());
            put("ca.crl", versions[version]);
            host_ = {};
            start();
            step(2);
            CPPUNIT_ASSERT_MESSAGE(host_.all(), host_.lines.empty());
            CPPUNIT_ASSERT(revoked(round + 1));
            CPPUNIT_ASSERT(host_.ids.back() == index()->id());
            keeper_.reset();
        }
    }

    void cleans_up_after_one_that_was_killed()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        keeper_.reset();
        const std::vector<std::string> leftovers{state() + "/index.new.1", state() + "/memory.new",
                                                 state() + "/downloads/.0123"};
        for (const auto &path : leftovers)
            write(path, "half");
        start();
        step();
        for (const auto &path : leftovers)
            CPPUNIT_ASSERT(!fs::exists(path));
    }

    void reads_again_what_is_replaced_while_being_read()
    {
        const auto large = large_crl(1, 200'000);
        const auto next = crl(2, 6);
        put("ca.crl", crl(1, 5));
        start();
        step();
        unsigned asked = 0;
        // Asked before the second piece of it.
        host_.stop = [&] {
            if (++asked == 6)
                write(crls("ca.crl"), next);
            return false;
        };
        put("ca.crl", large);
        step();
        CPPUNIT_ASSERT(asked > 6);
        CPPUNIT_ASSERT(revoked(5));
        step_until([&] { return revoked(6); });
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
    }

    void takes_any_clock()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        long number = 1;
        for (const Time time : {day(2031, 1, 1), day(2029, 1, 1), day(1960, 1, 1), Time::max(),
                                Time::min(), day(2035, 1, 1), now()}) {
            ++number;
            put("ca.crl",
                CrlMaker{}.this_update(day(2025, 1, 1)).number(number).revoke(number).der_by(ca_));
            now_ = time;
            for (int i = 0; i < 3; ++i)
                keeper_->step(now_);
        }
        step(2);
        CPPUNIT_ASSERT(revoked(number));
    }

    void takes_ten_thousand_files()
    {
        const auto one = crl(1, 5);
        for (int i = 0; i < 9'999; ++i)
            write(crls(std::to_string(i)), one);
        put("last", CrlMaker{}.number(1).revoke(6).der_by(other_));
        start();
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, records());
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        put("last", CrlMaker{}.number(2).revoke(7).der_by(other_));
        step();
        CPPUNIT_ASSERT(revoked(7, other_));
    }

    static std::string contents(const fs::path &path)
    {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperFaultsTest);

}  // namespace

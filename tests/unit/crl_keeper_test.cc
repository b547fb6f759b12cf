// SPDX-License-Identifier: Apache-2.0
#include "crl_keepers.hh"

#include <map>

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// What sources give, and when it comes into force.
class CrlKeeperTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperTest);
    CPPUNIT_TEST(knows_the_kinds_of_sources);
    CPPUNIT_TEST(publishes_an_empty_index_where_there_is_nothing);
    CPPUNIT_TEST(publishes_the_crl_of_a_file);
    CPPUNIT_TEST(takes_pem_and_der_and_several_in_one_file);
    CPPUNIT_TEST(takes_each_file_of_a_directory);
    CPPUNIT_TEST(leaves_out_what_is_no_crl_file);
    CPPUNIT_TEST(counts_links_and_copies_once);
    CPPUNIT_TEST(goes_on_with_the_link_when_the_file_is_renamed);
    CPPUNIT_TEST(publishes_a_change);
    CPPUNIT_TEST(publishes_a_change_in_place);
    CPPUNIT_TEST(writes_nothing_when_nothing_changes);
    CPPUNIT_TEST(does_not_publish_a_touched_file);
    CPPUNIT_TEST(looks_only_as_often_as_it_is_told);
    CPPUNIT_TEST(notices_a_change_at_once);
    CPPUNIT_TEST(takes_a_removed_file_out_of_force);
    CPPUNIT_TEST(keeps_what_a_vanished_directory_gave);
    CPPUNIT_TEST(keeps_what_a_vanished_file_gave);
    CPPUNIT_TEST(keeps_what_an_unreadable_file_gave);
    CPPUNIT_TEST(stops_when_asked_to);
    CPPUNIT_TEST(decides_once);
    CPPUNIT_TEST(tells_once_what_comes_into_force);
    CPPUNIT_TEST(does_not_tell_thousands);
    CPPUNIT_TEST_SUITE_END();

    void knows_the_kinds_of_sources()
    {
        const auto kind = [](const char *where) { return CrlSource{where}.kind(); };
        CPPUNIT_ASSERT(kind("/etc/crl.pem") == CrlSource::Kind::path);
        CPPUNIT_ASSERT(kind("cdp") == CrlSource::Kind::cdp);
        CPPUNIT_ASSERT(kind("./cdp") == CrlSource::Kind::path);
        CPPUNIT_ASSERT(kind("http://ca/x.crl") == CrlSource::Kind::url);
        CPPUNIT_ASSERT(kind("ldap://ca/o=x?certificateRevocationList") == CrlSource::Kind::url);
    }

    void publishes_an_empty_index_where_there_is_nothing()
    {
        start();
        step();
        CPPUNIT_ASSERT(index() != nullptr);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, records());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
    }

    void publishes_the_crl_of_a_file()
    {
        put("ca.crl", crl(1, 5));
        start({source(crls("ca.crl"))});
        step();
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT(!revoked(6));
        CPPUNIT_ASSERT(index()->whole());
        CPPUNIT_ASSERT_EQUAL(crls("ca.crl").string(), index()->record(0)->source);
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        assert_news({news_of(1)});
    }

    void takes_pem_and_der_and_several_in_one_file()
    {
        put("1", CrlMaker{}.number(1).revoke(5).pem_by(ca_) +
                     CrlMaker{}.number(1).revoke(6).pem_by(other_));
        start();
        step();
        CPPUNIT_ASSERT(revoked(5, ca_));
        CPPUNIT_ASSERT(revoked(6, other_));
    }

    void takes_each_file_of_a_directory()
    {
        put("1", crl(1, 5));
        put("2", CrlMaker{}.number(1).revoke(6).pem_by(other_));
        start();
        step();
        CPPUNIT_ASSERT(revoked(5, ca_));
        CPPUNIT_ASSERT(revoked(6, other_));
    }

    void leaves_out_what_is_no_crl_file()
    {
        for (const auto *name : {".hidden", "crl.pem~", "crl.swp", "#crl#", "crl.bak", "crl.tmp"})
            put_at(crls(name), "nonsense");
        fs::create_directory(crls("sub"));
        put("sub/1", crl(1, 5));
        ::mkfifo(crls("fifo").c_str(), 0600);
        start();
        step(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, records());
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
    }

    void counts_links_and_copies_once()
    {
        put("z.crl", crl(1, 5));
        put("copy.crl", crl_of(crls("z.crl")));
        fs::create_symlink("z.crl", crls("0123abcd.r0"));
        fs::create_hard_link(crls("z.crl"), crls("hard.crl"));
        start();
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records());
        CPPUNIT_ASSERT(revoked(5));
        // The file, then its link that leads nowhere: the rest goes on giving it.
        fs::remove(crls("z.crl"));
        fs::remove(crls("hard.crl"));
        step(2);
        CPPUNIT_ASSERT(revoked(5));
        fs::remove(crls("copy.crl"));
        step(2);
        CPPUNIT_ASSERT(!revoked(5));
    }

    void goes_on_with_the_link_when_the_file_is_renamed()
    {
        write(root_ / "outside.crl", crl(1, 5));
        fs::create_symlink(root_ / "outside.crl", crls("a.crl"));
        fs::create_symlink(root_ / "outside.crl", crls("b.crl"));
        start();
        step();
        CPPUNIT_ASSERT(revoked(5));
        fs::remove(crls("a.crl"));
        step(2);
        CPPUNIT_ASSERT(revoked(5));
        fs::remove(crls("b.crl"));
        step(2);
        CPPUNIT_ASSERT(!revoked(5));
    }

    void publishes_a_change()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        put("ca.crl", crl(2, 6));
        step();
        CPPUNIT_ASSERT(!revoked(5));
        CPPUNIT_ASSERT(revoked(6));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.ids.size());
        CPPUNIT_ASSERT(host_.ids.back() == index()->id());
    }

    /// Two states of one size within a tick of the file system's clock.
    void publishes_a_change_in_place()
    {
        const auto first = crl(1, 5);
        auto second_state = crl(2, 6);
        while (second_state.size() != first.size())
            second_state = crl(2, 6);
        put("ca.crl", first);
        start();
        write(crls("ca.crl"), first);
        step();
        write(crls("ca.crl"), second_state);
        step_until([&] { return revoked(6); });
    }

    void writes_nothing_when_nothing_changes()
    {
        put("ca.crl", crl(1, 5));
        start();
        step_until([&] { return revoked(5); });
        ::usleep(50'000);  // until the file is no longer young
        step(3);
        const auto before = times_in(state());
        step(5);
        CPPUNIT_ASSERT(before == times_in(state()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
    }

    void does_not_publish_a_touched_file()
    {
        const auto same = crl(1, 5);
        put("ca.crl", same);
        start();
        step();
        put("ca.crl", same);
        step(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
    }

    void looks_only_as_often_as_it_is_told()
    {
        fs::create_symlink(root_ / "elsewhere.crl", crls("ca.crl"));  // which inotify cannot see
        put_at(root_ / "elsewhere.crl", crl(1, 5));
        ::usleep(50'000);
        auto rarely = source(crls());
        rarely.refresh = std::chrono::seconds{100};
        start({rarely});
        step();
        CPPUNIT_ASSERT(revoked(5));
        put_at(root_ / "elsewhere.crl", crl(2, 6));
        step(90);
        CPPUNIT_ASSERT(!revoked(6));
        step(15);
        CPPUNIT_ASSERT(revoked(6));
        // A clock that was set back does not make it wait.
        put_at(root_ / "elsewhere.crl", crl(3, 7));
        now_ -= std::chrono::hours{1};
        step();
        CPPUNIT_ASSERT(revoked(7));
    }

    void notices_a_change_at_once()
    {
        put("ca.crl", crl(1, 5));
        ::usleep(50'000);
        auto directory = source(crls());
        auto file = source(root_ / "single.crl");
        directory.refresh = file.refresh = std::chrono::hours{1};
        start({directory, file});
        step();
        step();
        put("ca.crl", crl(2, 6));
        keeper_->step(now_);
        CPPUNIT_ASSERT(revoked(6));
        put_at(root_ / "single.crl", CrlMaker{}.number(1).revoke(7).der_by(other_));
        keeper_->step(now_);
        CPPUNIT_ASSERT(revoked(7, other_));
    }

    void takes_a_removed_file_out_of_force()
    {
        put("ca.crl", crl(1, 5));
        put("other.crl", CrlMaker{}.number(1).revoke(6).der_by(other_));
        start();
        step();
        fs::remove(crls("ca.crl"));
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records());
        CPPUNIT_ASSERT(revoked(6, other_));
    }

    void keeps_what_a_vanished_directory_gave()
    {
        put("ca.crl", crl(1, 5));
        start();
        step();
        fs::rename(root_ / "crls", root_ / "away");
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("what it gave before stays in force"));
        put_at(root_ / "away" / "ca.crl", crl(2, 6));
        fs::rename(root_ / "away", root_ / "crls");
        step();
        CPPUNIT_ASSERT(revoked(6));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("can be read again"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host_.ids.size());
    }

    void keeps_what_a_vanished_file_gave()
    {
        put("ca.crl", crl(1, 5));
        start({source(crls("ca.crl"))});
        step();
        fs::remove(crls("ca.crl"));
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("No such file"));
        start({source(crls("ca.crl"))});
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("No such file"));
        put("ca.crl", crl(2, 6));
        step();
        CPPUNIT_ASSERT(revoked(6));
    }

    void keeps_what_an_unreadable_file_gave()
    {
        put_at(root_ / "elsewhere.crl", crl(1, 5));
        fs::create_symlink(root_ / "elsewhere.crl", crls("ca.crl"));
        start();
        step();
        fs::remove(root_ / "elsewhere.crl");
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("cannot be read"));
    }

    void stops_when_asked_to()
    {
        CrlMaker large;
        for (long serial = 1; serial <= 100'000; ++serial)
            large.revoke(serial);
        put("ca.crl", large.number(1).der_by(ca_));
        unsigned asked = 0;
        host_.stop = [&] { return ++asked > 5; };
        start();
        step();
        CPPUNIT_ASSERT(index() == nullptr);
        CPPUNIT_ASSERT_MESSAGE(std::to_string(asked), asked > 5 && asked < 15);
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        host_.stop = nullptr;
        step();
        CPPUNIT_ASSERT(revoked(100'000));
    }

    void decides_once()
    {
        put("ca.crl", crl(1, 5));
        put("broken.crl", "nonsense");
        start({source(crls()), source(root_ / "missing")});
        step(3);
        CPPUNIT_ASSERT_EQUAL(1U, host_.decisions);
    }

    void tells_once_what_comes_into_force()
    {
        put("ca.crl", crl(1, 5));
        put("other.crl", CrlMaker{}.number(7).revoke(6).der_by(other_));
        start();
        step(3);
        std::ranges::sort(host_.news);
        assert_news({news_of(1), news_of("Other", 7, crls("other.crl"))});
        host_.news.clear();
        put("ca.crl", crl(2, 5));
        step(3);
        start();
        step(3);
        assert_news({news_of(2)});
        // Neither what gives way nor what comes back in another file is new.
        fs::rename(crls("ca.crl"), crls("renamed.crl"));
        fs::remove(crls("other.crl"));
        step(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records());
        assert_news({news_of(2)});
        // Entries are counted.
        host_.news.clear();
        put("other.crl", CrlMaker{}.number(8).revoke(6).revoke(7).der_by(other_));
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.news.size());
        CPPUNIT_ASSERT(host_.news[0].find(" in force: 2 entries, next") != std::string::npos);
    }

    void does_not_tell_thousands()
    {
        constexpr int count = 23;
        for (int i = 0; i < count; ++i)
            put(std::to_string(i),
                CrlMaker{}
                    .number(1)
                    .extension(NID_issuing_distribution_point,
                               ("critical,fullname:URI:http://ca/" + std::to_string(i)).c_str())
                    .revoke(5)
                    .der_by(ca_));
        start();
        step();
        CPPUNIT_ASSERT_EQUAL(std::size_t{count}, records());
        CPPUNIT_ASSERT_EQUAL(std::size_t{20}, host_.news.size());
        CPPUNIT_ASSERT_EQUAL(std::string{"and so are 3 others\n"}, host_.all());
    }

    static std::string crl_of(const fs::path &path)
    {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    static std::map<std::string, fs::file_time_type> times_in(const fs::path &directory)
    {
        std::map<std::string, fs::file_time_type> times;
        for (const auto &entry : fs::recursive_directory_iterator{directory})
            times[entry.path()] = fs::last_write_time(entry.path());
        times[directory] = fs::last_write_time(directory);
        return times;
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperTest);

}  // namespace

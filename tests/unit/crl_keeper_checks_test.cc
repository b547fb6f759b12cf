// SPDX-License-Identifier: Apache-2.0
#include "crl_keepers.hh"

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// What a CRL has to pass before it comes into force, and what is said of it.
class CrlKeeperChecksTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperChecksTest);
    CPPUNIT_TEST(keeps_what_a_broken_file_gave);
    CPPUNIT_TEST(judges_each_crl_of_a_file);
    CPPUNIT_TEST(takes_files_of_any_age);
    CPPUNIT_TEST(does_not_judge_half_a_file);
    CPPUNIT_TEST(refuses_a_wrong_signature);
    CPPUNIT_TEST(waits_for_an_unknown_issuer);
    CPPUNIT_TEST(waits_for_a_crl_of_the_future);
    CPPUNIT_TEST_SUITE_END();

    void keeps_what_a_broken_file_gave()
    {
        const auto good = crl(1, 5);
        put("ca.crl", good);
        start();
        step();
        const auto longer = crl(2, 6);
        for (const std::string &broken : {longer.substr(0, longer.size() / 2), longer + 'x',
                                          std::string{}, std::string{"text"}}) {
            host_.lines.clear();
            put("ca.crl", broken);
            step(5);
            CPPUNIT_ASSERT(revoked(5));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
            CPPUNIT_ASSERT(host_.lines[0].level == KeeperHost::Level::error);
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said(crls("ca.crl").string()));
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.ids.size());
        // Neither does a restart change that.
        host_.lines.clear();
        start();
        step(5);
        CPPUNIT_ASSERT(revoked(5));
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        put("ca.crl", longer);
        step();
        CPPUNIT_ASSERT(revoked(6));
    }

    void judges_each_crl_of_a_file()
    {
        const auto both = [&](long number, long serial, const Identity &signer) {
            return CrlMaker{}.number(number).revoke(serial).pem_by(ca_) +
                   CrlMaker{}.number(number).revoke(serial).pem_by(signer);
        };
        const auto impostor = Identity{other_.certificate, ec_key()};
        put("both", both(1, 5, other_));
        start();
        step();
        put("both", both(2, 6, impostor));
        step();
        CPPUNIT_ASSERT(revoked(6, ca_));
        CPPUNIT_ASSERT_MESSAGE(host_.all(), revoked(5, other_));
        CPPUNIT_ASSERT(!revoked(6, other_));
        put("both", both(3, 7, other_));
        step();
        CPPUNIT_ASSERT(revoked(7, ca_));
        CPPUNIT_ASSERT(revoked(7, other_));
    }

    void takes_files_of_any_age()
    {
        long serial = 0;
        for (const int year : {1902, 1970, 2150, 2300, 2440}) {
            put("ca.crl", crl(1, ++serial));
            const timespec time{day(year, 1, 1).time_since_epoch().count(), 0};
            const timespec times[] = {time, time};
            CPPUNIT_ASSERT_EQUAL(0, ::utimensat(AT_FDCWD, crls("ca.crl").c_str(), times, 0));
            host_ = {};
            start();
            step(2);
            CPPUNIT_ASSERT(revoked(serial));
            CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        }
    }

    /// A file that is just being written by somebody who does not rename.
    void does_not_judge_half_a_file()
    {
        const auto whole = crl(1, 5);
        start();
        step();
        write(crls("ca.crl"), whole.substr(0, 50));
        step(5);
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        write(crls("ca.crl"), whole);
        step_until([&] { return revoked(5); });
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        assert_news({news_of(1)});
        // But in the end it says so.
        write(crls("ca.crl"), whole.substr(0, 50));
        step_until([&] { return !host_.lines.empty(); });
        CPPUNIT_ASSERT(revoked(5));
    }

    void refuses_a_wrong_signature()
    {
        put("ca.crl", CrlMaker{}.number(1).revoke(5).der_by({ca_.certificate, ec_key()}));
        start();
        step(3);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, records());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.lines.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("CN=CA"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("(number 1)"));
        assert_news({});
    }

    void waits_for_an_unknown_issuer()
    {
        const auto middle = Builder{}.subject("CN", "Middle").authority().issued_by(ca_);
        const auto low = Builder{}.subject("CN", "Low").authority().issued_by(middle);
        put("low.crl", CrlMaker{}.number(1).revoke(5).der_by(low));
        start();
        step(3);
        CPPUNIT_ASSERT(!revoked(5, low));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("waits until its issuer"));
        CPPUNIT_ASSERT(host_.lines[0].level == KeeperHost::Level::notice);
        note(low);
        step(3);
        CPPUNIT_ASSERT(!revoked(5, low));
        note(middle);
        assert_news({});
        step(2);
        CPPUNIT_ASSERT(revoked(5, low));
        assert_news({news_of("Low", 1, crls("low.crl"))});
        // The certificates are remembered beyond a restart.
        fs::remove(root_ / "state" / "index");
        host_.lines.clear();
        start();
        step();
        CPPUNIT_ASSERT(revoked(5, low));
        CPPUNIT_ASSERT_EQUAL(std::string{}, host_.all());
        assert_news({news_of("Low", 1, crls("low.crl")), news_of("Low", 1, crls("low.crl"))});
    }

    void waits_for_a_crl_of_the_future()
    {
        const auto minutes = [](int n) { return std::chrono::minutes{n}; };
        put("ca.crl", CrlMaker{}.this_update(now() + minutes(10)).number(1).revoke(5).der_by(ca_));
        put("other.crl",
            CrlMaker{}.this_update(now() + minutes(5)).number(1).revoke(6).der_by(other_));
        start();
        step(5);
        CPPUNIT_ASSERT(!revoked(5));
        CPPUNIT_ASSERT(revoked(6, other_));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.said("still to come"));
        now_ = now() + minutes(4);
        step();
        CPPUNIT_ASSERT(!revoked(5));
        now_ = now() + minutes(5);
        step();
        CPPUNIT_ASSERT(revoked(5));
    }

    void note(const Identity &issuer) const
    {
        const int fd = ::open(state().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        note_issuer(fd, issuer.certificate);
        ::close(fd);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperChecksTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// What CRLs make of a verdict, and what a verdict is before there are any.
#include "revocations.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using test::Crl;
using test::index_of;
using test::now;
using test::Party;
using test::tomorrow;
using Sources = CrlsInForce::Sources;

class JudgeRevocationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JudgeRevocationTest);
    CPPUNIT_TEST(asks_no_crls_without_a_policy);
    CPPUNIT_TEST(follows_the_crls_in_force);
    CPPUNIT_TEST(stands_until_the_crl_or_the_certificate_ends);
    CPPUNIT_TEST(is_undecided_until_the_sources_are_read);
    CPPUNIT_TEST(is_decided_where_nothing_can_change_it);
    CPPUNIT_TEST(lets_nobody_in_by_a_policy_before_the_sources_are_read);
    CPPUNIT_TEST(is_missing_for_a_verification_without_its_chain);
    CPPUNIT_TEST(keeps_the_reason_of_a_bad_certificate);
    CPPUNIT_TEST(tells_trusts_apart_by_their_policies);
    CPPUNIT_TEST_SUITE_END();

    test::Identity root_ = test::authority("Root");
    test::Identity alice_ = test::Builder{}.subject("CN", "Alice").issued_by(root_);
    Party ca_{"CA"};
    test::IndexPtr clears_ = index_of({{.issuer = ca_}});
    test::IndexPtr revokes_ = index_of({{.issuer = ca_, .entries = {{.serial = "\x07"}}}});
    test::IndexPtr lacks_ = index_of({{.issuer = Party{"Other"}}});

    Trust trust(const std::optional<RevocationPolicy> &policy) const
    {
        auto settings = test::settings(5);
        settings.revocation = policy;
        return test::trust_in({root_}, settings);
    }

    Evidence evidence(const Trust &trust, Time valid_until = test::the_end()) const
    {
        auto evidence = test::evidence_of(alice_);
        evidence.verification = {
            trust.id(), X509_V_OK, valid_until, {{ca_.issued("\x07")}, ca_.key}};
        return evidence;
    }

    Verdict verdict(const CrlIndex *index, Sources sources,
                    const RevocationPolicy &policy = {}) const
    {
        const Trust asks = trust(policy);
        return judge(evidence(asks), asks, now(), {index, sources});
    }

    void asks_no_crls_without_a_policy()
    {
        const Trust asks_not = trust({});
        CPPUNIT_ASSERT(judge(evidence(asks_not), asks_not, now()).valid());
        CPPUNIT_ASSERT(
            judge(evidence(asks_not), asks_not, now(), {revokes_.get(), Sources::read}).valid());
    }

    void follows_the_crls_in_force()
    {
        CPPUNIT_ASSERT(verdict(clears_.get(), Sources::read).valid());
        const Verdict revoked = verdict(revokes_.get(), Sources::read);
        CPPUNIT_ASSERT(revoked.state == Verdict::State::failed &&
                       revoked.reason == Reason::revoked);
        CPPUNIT_ASSERT(!revoked.undecided);
        CPPUNIT_ASSERT(verdict(lacks_.get(), Sources::read).reason == Reason::crl_missing);
        CPPUNIT_ASSERT(verdict(lacks_.get(), Sources::read, {.missing_allowed = true}).valid());
    }

    void stands_until_the_crl_or_the_certificate_ends()
    {
        CPPUNIT_ASSERT(verdict(clears_.get(), Sources::read).stands_until <=
                       tomorrow() + test::second);
        const Trust asks = trust(RevocationPolicy{});
        const Time soon = now() + std::chrono::minutes{1};
        const Verdict early =
            judge(evidence(asks, soon), asks, now(), {clears_.get(), Sources::read});
        CPPUNIT_ASSERT(early.valid() && early.stands_until == soon + test::second);
    }

    void is_undecided_until_the_sources_are_read()
    {
        for (const auto *index :
             {static_cast<const CrlIndex *>(nullptr), clears_.get(), lacks_.get()}) {
            const Verdict undecided = verdict(index, Sources::unread);
            CPPUNIT_ASSERT(undecided.undecided && !undecided.valid());
            CPPUNIT_ASSERT(undecided.reason == Reason::crl_missing);
        }
        // After a graceful restart with another source: what is found counts, what is not may come.
        CPPUNIT_ASSERT(verdict(clears_.get(), Sources::earlier).valid());
        CPPUNIT_ASSERT(verdict(lacks_.get(), Sources::earlier).undecided);
    }

    void is_decided_where_nothing_can_change_it()
    {
        for (const auto sources : {Sources::unread, Sources::earlier, Sources::read}) {
            const Verdict revoked = verdict(revokes_.get(), sources);
            CPPUNIT_ASSERT(revoked.reason == Reason::revoked && !revoked.undecided);
        }
        CPPUNIT_ASSERT(!verdict(nullptr, Sources::read).undecided);
        CPPUNIT_ASSERT(verdict(nullptr, Sources::read).reason == Reason::crl_missing);
    }

    void lets_nobody_in_by_a_policy_before_the_sources_are_read()
    {
        const RevocationPolicy lenient{.missing_allowed = true};
        CPPUNIT_ASSERT(verdict(nullptr, Sources::unread, lenient).undecided);
        CPPUNIT_ASSERT(verdict(lacks_.get(), Sources::earlier, lenient).undecided);
        CPPUNIT_ASSERT(verdict(nullptr, Sources::read, lenient).valid());
    }

    void is_missing_for_a_verification_without_its_chain()
    {
        const Trust asks = trust(RevocationPolicy{.missing_allowed = true});
        auto chainless = evidence(asks);
        chainless.verification->chain = {};
        const Verdict refused = judge(chainless, asks, now(), {clears_.get(), Sources::read});
        CPPUNIT_ASSERT(!refused.valid() && refused.reason == Reason::crl_missing);
    }

    void keeps_the_reason_of_a_bad_certificate()
    {
        const Trust asks = trust(RevocationPolicy{});
        auto expired = evidence(asks, now() - test::second);
        CPPUNIT_ASSERT(judge(expired, asks, now(), {revokes_.get(), Sources::read}).reason ==
                       Reason::expired);
        auto forged = evidence(asks);
        forged.verification->x509_error = X509_V_ERR_CERT_SIGNATURE_FAILURE;
        CPPUNIT_ASSERT(judge(forged, asks, now(), {clears_.get(), Sources::unread}).reason ==
                       Reason::bad_signature);
    }

    void tells_trusts_apart_by_their_policies()
    {
        using Expired = RevocationPolicy::Expired;
        const std::optional<RevocationPolicy> policies[] = {
            {},
            RevocationPolicy{},
            RevocationPolicy{.scope = RevocationPolicy::Scope::leaf},
            RevocationPolicy{.missing_allowed = true},
            RevocationPolicy{.expired = Expired::allow},
            RevocationPolicy{.expired = Expired::grace, .grace = std::chrono::hours{1}},
            RevocationPolicy{.expired = Expired::grace, .grace = std::chrono::hours{2}}};
        for (const auto &one : policies)
            for (const auto &other : policies)
                CPPUNIT_ASSERT_EQUAL(one == other, trust(one).id() == trust(other).id());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(JudgeRevocationTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "trusts.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using test::authority;
using test::Builder;
using test::evidence_of;
using test::Identity;
using test::now;
using test::second;
using test::settings;
using test::trust_in;

class JudgeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(JudgeTest);
    CPPUNIT_TEST(gives_no_verdict_on_nobody);
    CPPUNIT_TEST(finds_a_verified_client_valid);
    CPPUNIT_TEST(verifies_what_is_not_verified_yet);
    CPPUNIT_TEST(never_takes_a_verification_of_another_trust);
    CPPUNIT_TEST(refuses_from_the_second_after_the_end);
    CPPUNIT_TEST(tells_the_reason_why_not);
    CPPUNIT_TEST(looks_again_at_what_was_not_valid_yet);
    CPPUNIT_TEST(refuses_a_peer_that_has_not_shown_its_key);
    CPPUNIT_TEST(asks_to_be_called_again_after_the_end);
    CPPUNIT_TEST(stands_for_ever_where_nothing_ends);
    CPPUNIT_TEST_SUITE_END();

    Identity root_ = authority("Root");
    Identity alice_ = Builder{}.subject("CN", "Alice").issued_by(root_);
    Trust trust_ = trust_in({root_});

    void gives_no_verdict_on_nobody()
    {
        const Verdict verdict = judge(Evidence{}, trust_, now());
        CPPUNIT_ASSERT(verdict.state == Verdict::State::none);
        CPPUNIT_ASSERT(verdict.reason == Reason::none);
        // Nor where something claims to be verified.
        Evidence claim;
        claim.verification = {trust_.id(), X509_V_OK, test::the_end()};
        CPPUNIT_ASSERT(judge(claim, trust_, now()).state == Verdict::State::none);
    }

    void finds_a_verified_client_valid()
    {
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {trust_.id(), X509_V_OK, test::the_end()};
        const Verdict verdict = judge(evidence, trust_, now());
        CPPUNIT_ASSERT(verdict.valid());
        CPPUNIT_ASSERT(verdict.reason == Reason::none);
    }

    void verifies_what_is_not_verified_yet()
    {
        CPPUNIT_ASSERT(judge(evidence_of(alice_), trust_, now()).valid());
        const Verdict other = judge(evidence_of(alice_), trust_in({authority("O")}), now());
        CPPUNIT_ASSERT(other.state == Verdict::State::failed);
        CPPUNIT_ASSERT(other.reason == Reason::unknown_issuer);
    }

    void never_takes_a_verification_of_another_trust()
    {
        // CVE-2025-23048: a session of one virtual host resumed in another.
        const Trust other = trust_in({authority("Other")});
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {trust_.id(), X509_V_OK, test::the_end()};
        CPPUNIT_ASSERT(judge(evidence, trust_, now()).valid());
        CPPUNIT_ASSERT(judge(evidence, other, now()).reason == Reason::unknown_issuer);
        // The other way round: refused there, but good here.
        evidence.verification = {other.id(), X509_V_ERR_CERT_REVOKED, test::the_end()};
        CPPUNIT_ASSERT(judge(evidence, trust_, now()).valid());
        CPPUNIT_ASSERT(judge(evidence, other, now()).reason == Reason::revoked);
    }

    void refuses_from_the_second_after_the_end()
    {
        Evidence verified = evidence_of(alice_);
        verified.verification = {trust_.id(), X509_V_OK, test::the_end()};
        // RFC 5280, 4.1.2.5. (OpenSSL itself takes the last second for one too late.)
        CPPUNIT_ASSERT(judge(verified, trust_, test::the_end()).valid());
        for (const auto &evidence : {evidence_of(alice_), verified}) {
            CPPUNIT_ASSERT(judge(evidence, trust_, test::the_end() - second).valid());
            const Verdict after = judge(evidence, trust_, test::the_end() + second);
            CPPUNIT_ASSERT(after.state == Verdict::State::failed);
            CPPUNIT_ASSERT(after.reason == Reason::expired);
        }
    }

    void tells_the_reason_why_not()
    {
        const auto early = judge(evidence_of(alice_), trust_, test::the_beginning() - second);
        CPPUNIT_ASSERT(early.reason == Reason::not_yet_valid);
        const auto deep_trust = trust_in({root_}, settings(0));
        CPPUNIT_ASSERT(judge(evidence_of(alice_), deep_trust, now()).reason ==
                       Reason::chain_too_long);
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {trust_.id(), X509_V_ERR_CRL_HAS_EXPIRED, test::the_end()};
        const Verdict verdict = judge(evidence, trust_, now());
        CPPUNIT_ASSERT(verdict.state == Verdict::State::failed);
        CPPUNIT_ASSERT(verdict.reason == Reason::crl_expired);
    }

    void looks_again_at_what_was_not_valid_yet()
    {
        const Time before = test::the_beginning() - second;
        Evidence evidence = evidence_of(alice_);
        evidence.verification = trust_.verify(evidence, before);
        const Verdict early = judge(evidence, trust_, before);
        CPPUNIT_ASSERT(early.reason == Reason::not_yet_valid);
        CPPUNIT_ASSERT(early.stands_until == before + second);
        CPPUNIT_ASSERT(judge(evidence, trust_, now()).valid());
    }

    void refuses_a_peer_that_has_not_shown_its_key()
    {
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {trust_.id(), X509_V_OK, test::the_end()};
        evidence.proven = false;
        const Verdict verdict = judge(evidence, trust_, now());
        CPPUNIT_ASSERT(verdict.state == Verdict::State::failed);
        CPPUNIT_ASSERT(verdict.reason == Reason::error);
    }

    void asks_to_be_called_again_after_the_end()
    {
        Evidence evidence = evidence_of(alice_);
        CPPUNIT_ASSERT(judge(evidence, trust_, now()).stands_until == test::the_end() + second);
        evidence.verification = {trust_.id(), X509_V_OK, test::the_end()};
        const Verdict verdict = judge(evidence, trust_, now());
        CPPUNIT_ASSERT(verdict.stands_until == test::the_end() + second);
        CPPUNIT_ASSERT(judge(evidence, trust_, verdict.stands_until - second).valid());
        CPPUNIT_ASSERT(!judge(evidence, trust_, verdict.stands_until).valid());
    }

    void stands_for_ever_where_nothing_ends()
    {
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {trust_.id(), X509_V_OK, Time::max()};
        const Verdict verdict = judge(evidence, trust_, now());
        CPPUNIT_ASSERT(verdict.valid());
        CPPUNIT_ASSERT(verdict.stands_until == Time::max());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JudgeTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// Trusts that are the same but for their CAs: those of directories.
#include "trusts.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <array>

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

class OtherAuthoritiesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OtherAuthoritiesTest);
    CPPUNIT_TEST(trusts_these_alone);
    CPPUNIT_TEST(is_a_trust_of_its_own);
    CPPUNIT_TEST(needs_no_root);
    CPPUNIT_TEST(keeps_the_other_settings);
    CPPUNIT_TEST(keeps_the_checks_of_the_store);
    CPPUNIT_TEST(asks_the_other_where_it_checks_more);
    CPPUNIT_TEST(tells_of_verified_chains);
    CPPUNIT_TEST_SUITE_END();

    Identity staff_ = authority("Staff");
    Identity partners_ = authority("Partners");
    Identity alice_ = Builder{}.subject("CN", "Alice").issued_by(staff_);
    Identity pat_ = Builder{}.subject("CN", "Pat").issued_by(partners_);
    Trust host_ = trust_in({staff_});
    std::array<Certificate, 1> to_partners_{partners_.certificate};
    std::array<Certificate, 1> to_staff_{staff_.certificate};

    void trusts_these_alone()
    {
        const Trust partners = host_.with(to_partners_);
        CPPUNIT_ASSERT(judge(evidence_of(pat_), partners, now()).valid());
        CPPUNIT_ASSERT(judge(evidence_of(alice_), partners, now()).reason ==
                       Reason::unknown_issuer);
        // The verification of the handshake says nothing here.
        Evidence evidence = evidence_of(alice_);
        evidence.verification = {host_.id(), X509_V_OK, test::the_end()};
        CPPUNIT_ASSERT(!judge(evidence, partners, now()).valid());
        CPPUNIT_ASSERT(judge(evidence, host_, now()).valid());
    }

    void is_a_trust_of_its_own()
    {
        CPPUNIT_ASSERT(host_.with(to_partners_).id() != host_.id());
        CPPUNIT_ASSERT(host_.with(to_partners_).id() == host_.with(to_partners_).id());
        // It does not ask for roots, which the host does.
        CPPUNIT_ASSERT(host_.with(to_staff_).id() != host_.id());
        CPPUNIT_ASSERT(host_.with(to_staff_).id() == Trust(to_staff_, settings(5)).id());
    }

    void needs_no_root()
    {
        const Identity issuing = Builder{}.subject("CN", "Issuing").authority().issued_by(staff_);
        const Identity bob = Builder{}.subject("CN", "Bob").issued_by(issuing);
        const std::array<Certificate, 1> to_issuing{issuing.certificate};
        const Trust trust = host_.with(to_issuing);
        CPPUNIT_ASSERT(judge(evidence_of(bob), trust, now()).valid());
        CPPUNIT_ASSERT(judge(evidence_of(alice_), trust, now()).reason == Reason::unknown_issuer);
        CPPUNIT_ASSERT(judge(evidence_of(bob), trust_in({issuing}), now()).reason ==
                       Reason::unknown_issuer);
    }

    void keeps_the_other_settings()
    {
        const Trust shallow = trust_in({staff_}, settings(0)).with(to_partners_);
        CPPUNIT_ASSERT(judge(evidence_of(pat_), shallow, now()).reason == Reason::chain_too_long);
        Trust::Settings revocation = settings(5);
        revocation.revocation.emplace();
        CPPUNIT_ASSERT(trust_in({staff_}, revocation).with(to_partners_).revocation());
    }

    void keeps_the_checks_of_the_store()
    {
        const auto store = test::store_of({staff_});
        X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
        const Trust partners = Trust{store.get(), settings(5)}.with(to_partners_);
        CPPUNIT_ASSERT(judge(evidence_of(pat_), partners, now()).reason == Reason::crl_missing);
    }

    void asks_the_other_where_it_checks_more()
    {
        Trust::Settings asks_ocsp = settings(5);
        asks_ocsp.can_repeat = false;
        const Trust host = trust_in({staff_, partners_}, asks_ocsp);
        const Trust partners = host.with(to_partners_);
        Evidence evidence = evidence_of(pat_);
        CPPUNIT_ASSERT(judge(evidence, partners, now()).reason == Reason::error);
        const Time until = now() + second;
        evidence.verification = {host.id(), X509_V_OK, until};
        const Verdict good = judge(evidence, partners, now());
        CPPUNIT_ASSERT(good.valid());
        CPPUNIT_ASSERT(good.stands_until == until + second);
        evidence.verification->x509_error = X509_V_ERR_CERT_REVOKED;
        CPPUNIT_ASSERT(judge(evidence, partners, now()).reason == Reason::revoked);
        Evidence of_alice = evidence_of(alice_);
        of_alice.verification = {host.id(), X509_V_OK, until};
        CPPUNIT_ASSERT(judge(of_alice, partners, now()).reason == Reason::unknown_issuer);
    }

    void tells_of_verified_chains()
    {
        int told = 0;
        std::size_t links = 0;
        Trust::Settings tells = settings(5);
        tells.revocation.emplace();
        tells.on_verified = [&](const stack_st_X509 &, const VerifiedChain &chain) {
            ++told;
            links = chain.links.size();
        };
        const Trust trust = trust_in({staff_}, tells);
        static_cast<void>(trust.verify(evidence_of(pat_), now()));
        CPPUNIT_ASSERT_EQUAL(0, told);
        static_cast<void>(trust.verify(evidence_of(alice_), now()));
        CPPUNIT_ASSERT_EQUAL(1, told);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, links);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OtherAuthoritiesTest);

}  // namespace

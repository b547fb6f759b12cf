// SPDX-License-Identifier: Apache-2.0
#include "trusts.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace {

using namespace clientcert;
using test::authority;
using test::Builder;
using test::day;
using test::Identity;

using test::evidence_of;
using test::now;
using test::second;
using test::settings;
using test::trust_in;

class TrustTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TrustTest);
    CPPUNIT_TEST(verifies_a_leaf_of_an_authority);
    CPPUNIT_TEST(verifies_through_what_the_peer_sent);
    CPPUNIT_TEST(verifies_through_what_a_session_carried);
    CPPUNIT_TEST(survives_a_chain_of_garbage);
    CPPUNIT_TEST(holds_until_the_earliest_end_in_the_chain);
    CPPUNIT_TEST(knows_the_earliest_end_of_no_chain);
    CPPUNIT_TEST(verifies_at_the_time_it_is_told);
    CPPUNIT_TEST(refuses_an_unknown_issuer);
    CPPUNIT_TEST(refuses_an_issuer_with_the_name_but_not_the_key);
    CPPUNIT_TEST(refuses_a_self_signed_leaf_it_does_not_know);
    CPPUNIT_TEST(refuses_a_certificate_for_servers);
    CPPUNIT_TEST(refuses_an_issuer_that_is_no_authority);
    CPPUNIT_TEST(refuses_a_broken_signature);
    CPPUNIT_TEST(counts_depth_as_sslverifydepth_does);
    CPPUNIT_TEST(refuses_keys_and_digests_below_the_security_level);
    CPPUNIT_TEST(does_not_verify_where_more_would_be_asked);
    CPPUNIT_TEST(cannot_verify_nobody);
    CPPUNIT_TEST(leaves_no_error_behind_for_mod_ssl);
    CPPUNIT_TEST(keeps_the_chain_where_it_is_asked_to);
    CPPUNIT_TEST(has_one_id_whatever_the_order_of_its_authorities);
    CPPUNIT_TEST(has_another_id_for_other_settings);
    CPPUNIT_TEST_SUITE_END();

    Identity root_ = authority("Root");
    Identity middle_ = Builder{}.subject("CN", "Middle").authority().issued_by(root_);
    Identity alice_ = Builder{}.subject("CN", "Alice").issued_by(root_);
    Identity bob_ = Builder{}.subject("CN", "Bob").issued_by(middle_);

    static int error_of(const Trust &trust, const Evidence &evidence, Time at = now())
    {
        return trust.verify(evidence, at).x509_error;
    }

    void verifies_a_leaf_of_an_authority()
    {
        const Trust trust = trust_in({root_});
        const auto verification = trust.verify(evidence_of(alice_), now());
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, verification.x509_error);
        CPPUNIT_ASSERT(verification.trust == trust.id());
        CPPUNIT_ASSERT(verification.valid_until == test::the_end());
    }

    void verifies_through_what_the_peer_sent()
    {
        const Trust trust = trust_in({root_});
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, error_of(trust, evidence_of(bob_, {middle_})));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK,
                             error_of(trust, evidence_of(bob_, {root_, alice_, middle_})));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                             error_of(trust, evidence_of(bob_)));
    }

    void verifies_through_what_a_session_carried()
    {
        Evidence evidence = evidence_of(bob_);
        evidence.carried_chain = {middle_.certificate.der()};
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, error_of(trust_in({root_}), evidence));
    }

    void survives_a_chain_of_garbage()
    {
        Evidence evidence = evidence_of(bob_);
        evidence.carried_chain = {"", "garbage", std::string(5000, '\x30'),
                                  middle_.certificate.der(),
                                  middle_.certificate.der().substr(0, 100)};
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, error_of(trust_in({root_}), evidence));
    }

    void holds_until_the_earliest_end_in_the_chain()
    {
        const auto ends = [](Time of_root, Time of_middle, Time of_leaf) {
            const auto from = test::the_beginning();
            const auto root =
                Builder{}.subject("CN", "R").valid(from, of_root).authority().self_signed();
            const auto middle =
                Builder{}.subject("CN", "M").valid(from, of_middle).authority().issued_by(root);
            const auto leaf = Builder{}.subject("CN", "L").valid(from, of_leaf).issued_by(middle);
            return trust_in({root}).verify(evidence_of(leaf, {middle}), now()).valid_until;
        };
        const Time early = day(2031, 1, 1);
        const Time late = day(2050, 1, 1);
        CPPUNIT_ASSERT(ends(early, late, late) == early);
        CPPUNIT_ASSERT(ends(late, early, late) == early);
        CPPUNIT_ASSERT(ends(late, late, early) == early);
    }

    void knows_the_earliest_end_of_no_chain()
    {
        CPPUNIT_ASSERT(earliest_end(nullptr) == Time::max());
        const openssl::CertificatesPtr empty{sk_X509_new_null()};
        CPPUNIT_ASSERT(earliest_end(empty.get()) == Time::max());
    }

    void verifies_at_the_time_it_is_told()
    {
        const Trust trust = trust_in({root_});
        const auto evidence = evidence_of(alice_);
        const auto at = [&](Time time) { return error_of(trust, evidence, time); };
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CERT_NOT_YET_VALID, at(test::the_beginning() - second));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(test::the_beginning()));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(test::the_end() - second));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CERT_HAS_EXPIRED, at(test::the_end() + second));
    }

    void refuses_an_unknown_issuer()
    {
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                             error_of(trust_in({authority("Other")}), evidence_of(alice_)));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                             error_of(trust_in({}), evidence_of(alice_)));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                             error_of(trust_in({}), evidence_of(alice_, {root_})));
    }

    void refuses_an_issuer_with_the_name_but_not_the_key()
    {
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CERT_SIGNATURE_FAILURE,
                             error_of(trust_in({authority("Root")}), evidence_of(alice_)));
    }

    void refuses_a_self_signed_leaf_it_does_not_know()
    {
        const auto eve = Builder{}.subject("CN", "Eve").self_signed();
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                             error_of(trust_in({root_}), evidence_of(eve)));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, error_of(trust_in({eve}), evidence_of(eve)));
    }

    void refuses_a_certificate_for_servers()
    {
        const auto leaf = [&](const char *usages) {
            return Builder{}
                .subject("CN", "x")
                .extension("extendedKeyUsage", usages)
                .issued_by(root_);
        };
        const Trust trust = trust_in({root_});
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_INVALID_PURPOSE,
                             error_of(trust, evidence_of(leaf("serverAuth"))));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK,
                             error_of(trust, evidence_of(leaf("serverAuth,clientAuth"))));
    }

    void refuses_an_issuer_that_is_no_authority()
    {
        const auto leaf = Builder{}.subject("CN", "x").issued_by(alice_);
        CPPUNIT_ASSERT(error_of(trust_in({root_}), evidence_of(leaf, {alice_})) != X509_V_OK);
    }

    void refuses_a_broken_signature()
    {
        std::string der = alice_.certificate.der();
        der.back() = static_cast<char>(der.back() ^ 1);
        CPPUNIT_ASSERT_EQUAL(
            X509_V_ERR_CERT_SIGNATURE_FAILURE,
            error_of(trust_in({root_}), evidence_of({test::certificate_of_der(der), alice_.key})));
    }

    void counts_depth_as_sslverifydepth_does()
    {
        const auto eve = Builder{}.subject("CN", "Eve").self_signed();
        const auto at = [&](int depth, const Evidence &evidence) {
            return error_of(trust_in({root_, eve}, settings(depth)), evidence);
        };
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(0, evidence_of(eve)));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CERT_CHAIN_TOO_LONG, at(0, evidence_of(alice_)));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(1, evidence_of(alice_)));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CERT_CHAIN_TOO_LONG, at(1, evidence_of(bob_, {middle_})));
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(2, evidence_of(bob_, {middle_})));
    }

    void does_not_verify_where_more_would_be_asked()
    {
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_UNSPECIFIED,
                             error_of(trust_in({root_}, {5, 1, false, {}}), evidence_of(alice_)));
    }

    void refuses_keys_and_digests_below_the_security_level()
    {
        const auto leaf = Builder{}.subject("CN", "x").key(test::rsa_key(1024)).issued_by(root_);
        const auto at = [&](int level, const Evidence &evidence) {
            return error_of(trust_in({root_}, settings(5, level)), evidence);
        };
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(1, evidence_of(leaf)));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_EE_KEY_TOO_SMALL, at(2, evidence_of(leaf)));
        const auto weak = Builder{}.subject("CN", "x").digest(EVP_sha1()).issued_by(middle_);
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, at(0, evidence_of(weak, {middle_})));
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_CA_MD_TOO_WEAK, at(2, evidence_of(weak, {middle_})));
    }

    void cannot_verify_nobody()
    {
        CPPUNIT_ASSERT_EQUAL(X509_V_ERR_UNSPECIFIED, error_of(trust_in({root_}), Evidence{}));
    }

    void leaves_no_error_behind_for_mod_ssl()
    {
        Evidence evidence = evidence_of(bob_);
        evidence.carried_chain = {"garbage"};
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 42);
        CPPUNIT_ASSERT(error_of(trust_in({root_}), evidence) != X509_V_OK);
        CPPUNIT_ASSERT_EQUAL(42, ERR_GET_REASON(ERR_get_error()));
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_get_error());
    }

    void keeps_the_chain_where_it_is_asked_to()
    {
        const auto leaf = Builder{}.subject("CN", "Leaf").issued_by(middle_);
        const auto evidence = test::evidence_of(leaf, {middle_});
        auto asked = settings(5);
        CPPUNIT_ASSERT(trust_in({root_}, asked).verify(evidence, now()).chain.links.empty());
        CPPUNIT_ASSERT(!trust_in({root_}, asked).keeps_chains());
        asked.chains = true;
        const auto trust = trust_in({root_}, asked);
        CPPUNIT_ASSERT(trust.keeps_chains());
        CPPUNIT_ASSERT(!trust.revocation());
        const auto chain = trust.verify(evidence, now()).chain;
        CPPUNIT_ASSERT_EQUAL(2UL, chain.links.size());
        CPPUNIT_ASSERT(chain.anchor == key_id(root_.certificate.x509()));
        CPPUNIT_ASSERT(judge(evidence, trust, now()).valid());
    }

    void has_one_id_whatever_the_order_of_its_authorities()
    {
        CPPUNIT_ASSERT(trust_in({root_, middle_}).id() == trust_in({middle_, root_}).id());
        CPPUNIT_ASSERT(trust_in({root_}).id() == trust_in({root_, root_}).id());
        CPPUNIT_ASSERT(trust_in({root_}).id() == trust_in({root_}).id());
    }

    void has_another_id_for_other_settings()
    {
        auto with_chains = settings(5);
        with_chains.chains = true;
        const std::set<TrustId> ids{
            trust_in({root_}, with_chains).id(),
            trust_in({}).id(),
            trust_in({root_}).id(),
            trust_in({middle_}).id(),
            trust_in({root_, middle_}).id(),
            trust_in({authority("Root")}).id(),  // another key
            trust_in({root_}, settings(1, 1)).id(),
            trust_in({root_}, settings(1, 2)).id(),
            trust_in({root_}, settings(2, 1)).id(),
            trust_in({root_}, settings(11, 1)).id(),
            trust_in({root_}, settings(1, 1, "x")).id(),
            trust_in({root_}, settings(1, 1, "xx")).id(),
            trust_in({root_}, settings(1, 1, " 1 x")).id(),
        };
        CPPUNIT_ASSERT_EQUAL(13UL, ids.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TrustTest);

}  // namespace

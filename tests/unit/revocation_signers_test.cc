// SPDX-License-Identifier: Apache-2.0
// CRLs that are not signed with the very key of the certificate's issuer (RFC 5280, 6.3.3 (f)), and
// delta CRLs (5.2.4).
#include "revocations.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::an_hour;
using test::Crl;
using test::now;
using test::Party;
using test::reason;
using test::status;

class RevocationSignersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RevocationSignersTest);
    CPPUNIT_TEST(takes_another_key_of_the_same_anchor);
    CPPUNIT_TEST(takes_no_key_of_another_anchor);
    CPPUNIT_TEST(takes_no_crl_of_a_revoked_signer);
    CPPUNIT_TEST(has_to_know_the_signers_status);
    CPPUNIT_TEST(believes_a_revocation_of_a_signer_of_unknown_status);
    CPPUNIT_TEST(lets_a_signer_tell_about_itself);
    CPPUNIT_TEST(believes_a_revocation_beyond_the_limits);
    CPPUNIT_TEST(ends_where_signers_tell_about_each_other);
    CPPUNIT_TEST(ends_where_signers_are_many);
    CPPUNIT_TEST(believes_each_key_of_an_issuer);
    CPPUNIT_TEST(stands_until_the_signers_status_ends);
    CPPUNIT_TEST_SUITE_END();

    const Party root_{"Root"};
    const Party middle_{"Middle"};
    const Party signer_{"Middle", "signer"};  ///< the same name, and another key
    const VerifiedChain chain_{{middle_.issued("a"), root_.issued_ca("m")}, root_.key};
    const Crl of_root_{root_};

    /// Signed with the other key, whose certificate has that path.
    Crl separate(std::vector<test::Entry> entries, std::vector<ChainLink> path) const
    {
        Crl crl{signer_, std::move(entries)};
        crl.anchors = {Party{"Other root"}.key, root_.key};
        crl.path = std::move(path);
        return crl;
    }

    void takes_another_key_of_the_same_anchor()
    {
        const std::vector<ChainLink> path{root_.issued_ca("s")};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, separate({}, path)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, separate({{"a"}}, path)}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, separate({}, {})}));
    }

    void takes_no_key_of_another_anchor()
    {
        auto crl = separate({{"a"}}, {root_.issued_ca("s")});
        crl.anchors = {Party{"Other root"}.key, middle_.key};
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root_, crl}));
        crl.anchors.clear();
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root_, crl}));
    }

    void takes_no_crl_of_a_revoked_signer()
    {
        const Crl of_root{root_, {{"s"}}};
        const std::vector<ChainLink> path{root_.issued_ca("s")};
        for (const auto &crl : {separate({}, path), separate({{"a"}}, path)}) {
            CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root, crl}));
            RevocationPolicy leaf;
            leaf.scope = RevocationPolicy::Scope::leaf;
            CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root, crl}, leaf));
        }
        // One above it.
        const std::vector<ChainLink> longer{Party{"Between"}.issued("x"), root_.issued_ca("s")};
        const Party between{"Between"};
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain_, {of_root, {between}, separate({}, longer)}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, {between}, separate({}, longer)}));
    }

    void has_to_know_the_signers_status()
    {
        const auto crl = separate({}, {Party{"Between"}.issued("x"), root_.issued_ca("s")});
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root_, crl}));
        RevocationPolicy policy;
        policy.missing_allowed = true;
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, crl}, policy));
        policy = {};
        policy.scope = RevocationPolicy::Scope::leaf;
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {crl}, policy));
    }

    void believes_a_revocation_of_a_signer_of_unknown_status()
    {
        const std::vector<ChainLink> path{Party{"Between"}.issued("x"), root_.issued_ca("s")};
        const auto crl = separate({{"a"}}, path);
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, crl}));
        const Party between{"Between"};
        Crl expired{between};
        expired.next_update = now();
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, expired, crl}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain_, {of_root_, expired, separate({}, path)}));
        // Revoked on a path of unknown status.
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {{root_, {{"s"}}}, expired, crl}));
        // By two CRLs of one key, whose certificate was found on two paths.
        const auto good = separate({}, {root_.issued_ca("s")});
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, crl, good}));
    }

    void lets_a_signer_tell_about_itself()
    {
        // Its certificate is one of those that it tells about.
        const std::vector<ChainLink> path{middle_.issued("s"), root_.issued_ca("m")};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, separate({}, path)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, separate({{"a"}}, path)}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root_, separate({{"s"}}, path)}));
    }

    /// A CRL of a name's second key, whose certificate the first key of `above` has issued.
    Crl by_second_key(const Party &second, const Party &above, const char *serial,
                      std::vector<test::Entry> entries = {}) const
    {
        Crl crl{second, std::move(entries)};
        crl.anchors = {root_.key};
        crl.path = {above.issued_ca(serial)};
        return crl;
    }

    void believes_a_revocation_beyond_the_limits()
    {
        // About the certificate of each signer another one tells.
        std::vector<Party> signers{signer_};
        for (const auto *name : {"1", "2", "3", "4", "5"})
            signers.emplace_back(name, "signer");
        std::vector<Crl> crls{of_root_};
        for (std::size_t n = 0; n < signers.size(); ++n)
            crls.push_back(by_second_key(signers[n], Party{std::to_string(n + 1)}, "s"));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, crls));
        crls[1].entries = {{"a"}};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, crls));
    }

    void ends_where_signers_tell_about_each_other()
    {
        const Party other{"Other"};
        const Party other_signer{"Other", "signer"};
        const auto first = by_second_key(signer_, other, "1");
        const auto second = by_second_key(other_signer, middle_, "2");
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, first, second}));
        const auto revoking = by_second_key(other_signer, middle_, "2", {{"1"}});
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {of_root_, first, revoking}));
    }

    void ends_where_signers_are_many()
    {
        // Any of ten keys of a name may have signed for any other.
        std::vector<Party> parties;
        for (char key = '0'; key <= '9'; ++key)
            parties.emplace_back("Middle", std::string{key});
        std::vector<Crl> crls{of_root_};
        for (const auto &party : parties)
            crls.push_back(by_second_key(party, middle_, "x"));
        const auto answer = reason(chain_, crls);
        CPPUNIT_ASSERT(answer == "none" || answer == "crl-missing");
        crls.push_back({middle_, {{"a"}}});
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, crls));
    }

    void believes_each_key_of_an_issuer()
    {
        const auto newer = separate({}, {root_.issued_ca("s")});
        const std::vector<Crl> crls{of_root_, {middle_, {{"a"}}}, newer};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, crls));
        // What the key of the certificate does not tell any more, no other key of that name does.
        Crl last{middle_, {}};
        last.next_update = now() + an_hour;
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, last, newer}));
        last.next_update = now();
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, {of_root_, last, newer}));
        RevocationPolicy policy;
        policy.expired = RevocationPolicy::Expired::allow;
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, last, newer}, policy));
        const VerifiedChain of_newer{{signer_.issued("a"), root_.issued_ca("s")}, root_.key};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(of_newer, {of_root_, last, newer}));
        // Another CRL of that key is up to date.
        Crl of_users{middle_, {}};
        of_users.scope.only_user_certs = true;
        of_users.scope.der = "users";
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {of_root_, last, of_users}));
        last.entries = {{"a"}};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {of_root_, last, newer}));
    }

    void stands_until_the_signers_status_ends()
    {
        const Party between{"Between"};
        Crl short_lived{between};
        short_lived.next_update = now() + an_hour;
        const auto crl = separate({}, {between.issued("x")});
        const RevocationStatus expected{Reason::none, now() + an_hour, 0};
        CPPUNIT_ASSERT(status(chain_, {of_root_, short_lived, crl}) == expected);
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain_, {of_root_, short_lived, crl}, {}, now() + an_hour));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RevocationSignersTest);

class RevocationDeltaTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RevocationDeltaTest);
    CPPUNIT_TEST(adds_what_a_delta_lists);
    CPPUNIT_TEST(ends_a_hold);
    CPPUNIT_TEST(takes_nothing_back_but_a_hold);
    CPPUNIT_TEST(takes_nothing_back_by_a_delta_that_does_not_fit);
    CPPUNIT_TEST(takes_nothing_back_by_an_expired_delta);
    CPPUNIT_TEST(believes_a_revocation_of_any_newer_delta);
    CPPUNIT_TEST(forgets_a_delta_that_is_older);
    CPPUNIT_TEST(goes_by_the_newest_delta);
    CPPUNIT_TEST(believes_either_of_two_deltas_that_tie);
    CPPUNIT_TEST(is_no_crl_alone);
    CPPUNIT_TEST(keeps_the_complete_one_up_to_date);
    CPPUNIT_TEST_SUITE_END();

    const Party root_{"Root"};
    const VerifiedChain chain_{{root_.issued("a")}, root_.key};
    const test::Entry revoked_{"a", {}, CrlReason::key_compromise};
    const test::Entry held_{"a", {}, CrlReason::certificate_hold};
    const test::Entry removed_{"a", {}, CrlReason::remove_from_crl};

    Crl complete(std::vector<test::Entry> entries = {}) const { return {root_, entries, "\5"}; }
    Crl delta(std::vector<test::Entry> entries, const char *base = "\5",
              const char *number = "\7") const
    {
        return {root_, std::move(entries), number, base};
    }

    void adds_what_a_delta_lists()
    {
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), delta({{"b"}})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), delta({revoked_})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), delta({held_})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete({revoked_}), delta({})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete({held_}), delta({revoked_})}));
    }

    void ends_a_hold()
    {
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete({held_})}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete({held_}), delta({removed_})}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete({held_}), delta({removed_}, "\2")}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), delta({removed_})}));
    }

    void takes_nothing_back_but_a_hold()
    {
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete({revoked_}), delta({removed_})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete({removed_})}));
    }

    void takes_nothing_back_by_a_delta_that_does_not_fit()
    {
        const auto stands = [this](const Crl &other) {
            return reason(chain_, {complete({held_}), other});
        };
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(delta({removed_}, "\6")));
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(delta({removed_}, "\3", "\5")));
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(delta({removed_}, "\3", "\4")));
        auto of_other_scope = delta({removed_});
        of_other_scope.scope.der = "other";
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(of_other_scope));
        auto without_number = delta({removed_});
        without_number.number.reset();
        without_number.this_update = now();
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(without_number));
        const Party other_key{"Root", "other"};
        Crl of_other_key{other_key, {removed_}, "\7", "\5"};
        of_other_key.anchors = {root_.key};
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands(of_other_key));
        const Party other{"Other"};
        CPPUNIT_ASSERT_EQUAL("revoked"s, stands({other, {removed_}, "\7", "\5"}));
    }

    void takes_nothing_back_by_an_expired_delta()
    {
        auto removing = delta({removed_});
        removing.next_update = now() + an_hour;
        const std::vector<Crl> crls{complete({held_}), removing};
        const RevocationStatus expected{Reason::none, now() + an_hour, 0};
        CPPUNIT_ASSERT(status(chain_, crls) == expected);
        RevocationPolicy policy;
        for (const auto expired :
             {RevocationPolicy::Expired::deny, RevocationPolicy::Expired::allow}) {
            policy.expired = expired;
            CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, crls, policy));
            CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, crls, policy, now() + an_hour));
        }
        policy.expired = RevocationPolicy::Expired::allow;
        CPPUNIT_ASSERT(status(chain_, crls, policy).stands_until == now() + an_hour);
    }

    void believes_a_revocation_of_any_newer_delta()
    {
        auto expired = delta({revoked_});
        expired.next_update = now();
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), expired}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), delta({revoked_}, "\6")}));
    }

    void forgets_a_delta_that_is_older()
    {
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), delta({held_}, "\3", "\5")}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), delta({held_}, "\3", "\4")}));
    }

    void goes_by_the_newest_delta()
    {
        const auto older = delta({held_}, "\5", "\6");
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), older, delta({removed_})}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {complete(), older, delta({})}));
        const auto newer = delta({held_}, "\5", "\x08");
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), newer, delta({removed_})}));
    }

    void believes_either_of_two_deltas_that_tie()
    {
        for (const auto &other : {revoked_, held_})
            for (const auto &one : {delta({}), delta({removed_})})
                CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {complete(), one, delta({other})}));
        const std::vector<Crl> held{complete({held_}), delta({removed_}), delta({removed_})};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, held));
        const std::vector<Crl> one_removes{complete({held_}), delta({removed_}), delta({})};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, one_removes));
    }

    void is_no_crl_alone()
    {
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {delta({})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {delta({revoked_})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {delta({removed_})}));
    }

    void keeps_the_complete_one_up_to_date()
    {
        auto old = complete();
        old.next_update = now();
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, {old}));
        const RevocationStatus expected{Reason::none, test::tomorrow(), 0};
        CPPUNIT_ASSERT(status(chain_, {old, delta({})}) == expected);
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, {old, delta({}, "\6")}));
        CPPUNIT_ASSERT_EQUAL("crl-expired"s,
                             reason(chain_, {old, delta({})}, {}, test::tomorrow()));
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RevocationDeltaTest);

}  // namespace

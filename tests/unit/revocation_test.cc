// SPDX-License-Identifier: Apache-2.0
// Chains, policies and times of <clientcert/revocation.hh>.
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
using test::tomorrow;
using Expired = RevocationPolicy::Expired;

RevocationPolicy expired_policy(Expired expired, std::chrono::seconds grace = {})
{
    RevocationPolicy policy;
    policy.expired = expired;
    policy.grace = grace;
    return policy;
}

RevocationPolicy leaf_policy()
{
    RevocationPolicy policy;
    policy.scope = RevocationPolicy::Scope::leaf;
    return policy;
}

RevocationPolicy missing_policy()
{
    RevocationPolicy policy;
    policy.missing_allowed = true;
    return policy;
}

class RevocationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RevocationTest);
    CPPUNIT_TEST(lets_pass_what_no_crl_lists);
    CPPUNIT_TEST(refuses_a_revoked_leaf);
    CPPUNIT_TEST(refuses_what_a_revoked_authority_issued);
    CPPUNIT_TEST(looks_at_the_leaf_alone_where_the_policy_says_so);
    CPPUNIT_TEST(asks_for_a_crl_of_each_issuer);
    CPPUNIT_TEST(tells_issuers_apart);
    CPPUNIT_TEST(tells_serials_apart);
    CPPUNIT_TEST(refuses_by_an_expired_crl);
    CPPUNIT_TEST(lets_expired_crls_stand_for_the_grace);
    CPPUNIT_TEST(lets_expired_crls_stand_where_they_are_allowed);
    CPPUNIT_TEST(believes_a_revocation_of_an_expired_crl);
    CPPUNIT_TEST(puts_revoked_before_all_other_reasons);
    CPPUNIT_TEST(tells_the_first_certificate_that_the_reason_is_about);
    CPPUNIT_TEST(goes_by_the_newest_of_several);
    CPPUNIT_TEST(believes_either_of_two_that_tie);
    CPPUNIT_TEST(takes_nothing_back_by_an_expired_crl);
    CPPUNIT_TEST(needs_no_next_update);
    CPPUNIT_TEST(knows_nothing_of_an_empty_chain);
    CPPUNIT_TEST(stands_until_the_first_next_update);
    CPPUNIT_TEST_SUITE_END();

    const Party root_{"Root"};
    const Party middle_{"Middle"};
    const VerifiedChain chain_{{middle_.issued("a"), root_.issued_ca("m")}, root_.key};

    void lets_pass_what_no_crl_lists()
    {
        const RevocationStatus expected{Reason::none, tomorrow(), 0};
        CPPUNIT_ASSERT(status(chain_, {{root_}, {middle_}}) == expected);
    }

    void refuses_a_revoked_leaf()
    {
        const auto found = status(chain_, {{root_}, {middle_, {{"a"}}}});
        CPPUNIT_ASSERT(found.reason == Reason::revoked && found.link == 0);
        CPPUNIT_ASSERT_EQUAL("revoked"s,
                             reason(chain_, {{root_}, {middle_, {{"a"}}}}, leaf_policy()));
        for (int number = 0; number <= 10; ++number) {
            const auto why = static_cast<CrlReason>(number);
            CPPUNIT_ASSERT_EQUAL("revoked"s,
                                 reason(chain_, {{root_}, {middle_, {{"a", {}, why}}}}));
        }
    }

    void refuses_what_a_revoked_authority_issued()
    {
        const auto found = status(chain_, {{root_, {{"m"}}}, {middle_}});
        CPPUNIT_ASSERT(found.reason == Reason::revoked && found.link == 1);
    }

    void looks_at_the_leaf_alone_where_the_policy_says_so()
    {
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{middle_}}, leaf_policy()));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_, {{"m"}}}, {middle_}}, leaf_policy()));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {{root_}}, leaf_policy()));
    }

    void asks_for_a_crl_of_each_issuer()
    {
        const RevocationStatus no_middle{Reason::crl_missing, tomorrow(), 0};
        CPPUNIT_ASSERT(status(chain_, {{root_}}) == no_middle);
        const RevocationStatus no_root{Reason::crl_missing, tomorrow(), 1};
        CPPUNIT_ASSERT(status(chain_, {{middle_}}) == no_root);
        const RevocationStatus neither{Reason::crl_missing, Time::max(), 0};
        CPPUNIT_ASSERT(status(chain_, {}) == neither);
        for (const std::vector<Crl> &crls :
             {std::vector<Crl>{}, std::vector<Crl>{{root_}}, std::vector<Crl>{{middle_}}})
            CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, crls, missing_policy()));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {{root_, {{"m"}}}}, missing_policy()));
    }

    void tells_issuers_apart()
    {
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_, {{"a"}}}, {middle_, {{"m"}}}}));
        const Party other{"Other"};
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {{root_}, {other, {{"a"}}}}));
    }

    void tells_serials_apart()
    {
        CPPUNIT_ASSERT_EQUAL("none"s,
                             reason(chain_, {{root_}, {middle_, {{"b"}, {"\0a"s}, {"aa"}}}}));
    }

    void refuses_by_an_expired_crl()
    {
        const std::vector<Crl> crls{{root_}, {middle_}};
        CPPUNIT_ASSERT_EQUAL("none"s,
                             reason(chain_, crls, {}, tomorrow() - std::chrono::seconds{1}));
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, crls, {}, tomorrow()));
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, crls, missing_policy(), tomorrow()));
    }

    void lets_expired_crls_stand_for_the_grace()
    {
        const std::vector<Crl> crls{{root_}, {middle_}};
        const auto policy = expired_policy(Expired::grace, an_hour);
        const RevocationStatus expected{Reason::none, tomorrow() + an_hour, 0};
        CPPUNIT_ASSERT(status(chain_, crls, policy) == expected);
        CPPUNIT_ASSERT(status(chain_, crls, policy, tomorrow()) == expected);
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain_, crls, policy, tomorrow() + an_hour));
    }

    void lets_expired_crls_stand_where_they_are_allowed()
    {
        const RevocationStatus expected{Reason::none, Time::max(), 0};
        const auto policy = expired_policy(Expired::allow);
        CPPUNIT_ASSERT(status(chain_, {{root_}, {middle_}}, policy, tomorrow()) == expected);
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain_, {{root_}}, policy));
    }

    void believes_a_revocation_of_an_expired_crl()
    {
        const std::vector<Crl> crls{{root_}, {middle_, {{"a"}}}};
        for (const auto expired : {Expired::deny, Expired::allow, Expired::grace})
            CPPUNIT_ASSERT_EQUAL(
                "revoked"s, reason(chain_, crls, expired_policy(expired), tomorrow() + an_hour));
    }

    void puts_revoked_before_all_other_reasons()
    {
        const auto missing = status(chain_, {{root_, {{"m"}}}});
        CPPUNIT_ASSERT(missing.reason == Reason::revoked && missing.link == 1);
        Crl expired{middle_};
        expired.next_update = now();
        const auto found = status(chain_, {{root_, {{"m"}}}, expired});
        CPPUNIT_ASSERT(found.reason == Reason::revoked && found.link == 1);
    }

    void tells_the_first_certificate_that_the_reason_is_about()
    {
        Crl expired{root_};
        expired.next_update = now();
        const RevocationStatus leaf{Reason::crl_missing, Time::max(), 0};
        CPPUNIT_ASSERT(status(chain_, {expired}) == leaf);
        const RevocationStatus authority{Reason::crl_expired, tomorrow(), 1};
        CPPUNIT_ASSERT(status(chain_, {expired, {middle_}}) == authority);
    }

    void goes_by_the_newest_of_several()
    {
        const Crl old{middle_, {{"a"}}, "\1"};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_}, old, {middle_, {}, "\2"}}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_}, old, {middle_, {}, "\1\0"s}}));
        CPPUNIT_ASSERT_EQUAL(
            "revoked"s, reason(chain_, {{root_}, {middle_, {{"a"}}, "\3"}, {middle_, {}, "\2"}}));
        // Without a number by thisUpdate.
        Crl unnumbered{middle_};
        unnumbered.number.reset();
        unnumbered.this_update = now();
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_}, old, unnumbered}));
        unnumbered.this_update = now() - 2 * an_hour;
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {{root_}, old, unnumbered}));
    }

    void believes_either_of_two_that_tie()
    {
        Crl empty{middle_, {}};
        Crl listing{middle_, {{"a"}}};
        for (const std::optional<std::string> &number : {std::optional{"\1"s}, {}}) {
            empty.number = listing.number = number;
            CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain_, {{root_}, empty, listing}));
            // The later thisUpdate breaks the tie.
            empty.this_update += an_hour;
            CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, {{root_}, empty, listing}));
            empty.this_update = listing.this_update;
        }
        listing.entries.clear();
        listing.next_update = now() + an_hour;
        const RevocationStatus expected{Reason::none, now() + an_hour, 0};
        CPPUNIT_ASSERT(status(chain_, {{root_}, empty, listing}) == expected);
    }

    void takes_nothing_back_by_an_expired_crl()
    {
        Crl newer{middle_, {}, "\2"};
        newer.next_update = now() + an_hour;
        const std::vector<Crl> crls{{root_}, {middle_, {{"a"}}, "\1"}, newer};
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain_, crls));
        for (const auto expired : {Expired::deny, Expired::allow})
            CPPUNIT_ASSERT_EQUAL("revoked"s,
                                 reason(chain_, crls, expired_policy(expired), now() + an_hour));
    }

    void needs_no_next_update()
    {
        Crl endless{root_};
        endless.next_update = Time::max();
        const VerifiedChain chain{{root_.issued("a")}, root_.key};
        const RevocationStatus expected{Reason::none, Time::max(), 0};
        CPPUNIT_ASSERT(status(chain, {endless}) == expected);
        CPPUNIT_ASSERT(status(chain, {endless}, expired_policy(Expired::grace, an_hour)) ==
                       expected);
    }

    void knows_nothing_of_an_empty_chain()
    {
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason({}, {{root_}}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason({}, {{root_}}, missing_policy()));
    }

    void stands_until_the_first_next_update()
    {
        Crl short_lived{root_};
        short_lived.next_update = now() + an_hour;
        CPPUNIT_ASSERT(status(chain_, {short_lived, {middle_}}).stands_until == now() + an_hour);
        CPPUNIT_ASSERT(status(chain_, {short_lived, {middle_}}, leaf_policy()).stands_until ==
                       tomorrow());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RevocationTest);

}  // namespace

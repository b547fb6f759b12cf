// SPDX-License-Identifier: Apache-2.0
// Maps that ask lookups, that look at the chain, and that tell what they did.
#include "maps.hh"
#include "trusts.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::map_of;
using test::TableLookup;
using State = MapOutcome::State;

Certificate with_emails(std::initializer_list<std::string_view> emails)
{
    Builder builder;
    for (const auto email : emails)
        builder.alternative_name(GEN_EMAIL, email);
    return builder.subject("CN", "Alice").certificate();
}

class UserMapLookupTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UserMapLookupTest);
    CPPUNIT_TEST(takes_the_user_that_is_found);
    CPPUNIT_TEST(goes_on_where_there_is_none_or_several);
    CPPUNIT_TEST(never_goes_on_where_a_lookup_is_down);
    CPPUNIT_TEST(asks_only_for_values_that_count);
    CPPUNIT_TEST(refuses_found_users_that_are_no_names);
    CPPUNIT_TEST(stands_as_long_as_the_shortest_cache_of_those_asked);
    CPPUNIT_TEST(pins_the_issuer_by_name_anywhere_in_the_chain);
    CPPUNIT_TEST(pins_the_issuer_by_key_anywhere_in_the_chain);
    CPPUNIT_TEST(wants_both_pins_in_one_certificate);
    CPPUNIT_TEST(pins_nobody_without_a_chain);
    CPPUNIT_TEST(makes_the_chain_anew_under_another_trust);
    CPPUNIT_TEST(pins_no_key_that_is_not_known);
    CPPUNIT_TEST(tells_rule_by_rule_what_it_saw);
    CPPUNIT_TEST(tells_the_same_with_and_without_a_trace);
    CPPUNIT_TEST_SUITE_END();

    std::shared_ptr<const TableLookup> table_ =
        std::make_shared<const TableLookup>(std::map<std::string, std::string>{
            {"alice@a", "alice"}, {"two@a", "?"}, {"down@a", "!"}, {"odd@a", "a:b"}});

    MapOutcome asked(std::initializer_list<const char *> rules,
                     const Certificate &certificate) const
    {
        table_->asked.clear();
        return test::outcome_of(map_of(rules, table_), *test::client_with(certificate));
    }

    std::string who(std::initializer_list<const char *> rules, const Certificate &certificate) const
    {
        return test::told(asked(rules, certificate));
    }

    static constexpr const char *lookup = "lookup=table:x key=san:email";
    static constexpr const char *guest = "subject:CN .* guest";

    void takes_the_user_that_is_found()
    {
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who({lookup, guest}, with_emails({"alice@a"})));
        CPPUNIT_ASSERT((std::vector{"alice@a"s}) == table_->asked);
    }

    void goes_on_where_there_is_none_or_several()
    {
        CPPUNIT_ASSERT_EQUAL("guest by 1"s, who({lookup, guest}, with_emails({"bob@a"})));
        CPPUNIT_ASSERT_EQUAL("guest by 1"s, who({lookup, guest}, with_emails({"two@a"})));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who({lookup}, with_emails({"two@a"})));
    }

    void never_goes_on_where_a_lookup_is_down()
    {
        const auto outcome = asked({lookup, guest}, with_emails({"down@a"}));
        CPPUNIT_ASSERT_EQUAL("failed by 0: the table is down"s, test::told(outcome));
        CPPUNIT_ASSERT(outcome.user.empty());
        CPPUNIT_ASSERT(outcome.stands_until == test::day(2030, 1, 1));
    }

    void asks_only_for_values_that_count()
    {
        const auto two = with_emails({"bob@a", "alice@a"});
        CPPUNIT_ASSERT_EQUAL("nobody"s, who({lookup}, two));
        CPPUNIT_ASSERT(table_->asked.empty());
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who({"lookup=table:x key=san:email[last]"}, two));
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who({"lookup=table:x key=san:email[any]"}, two));
        CPPUNIT_ASSERT((std::vector{"bob@a"s, "alice@a"s}) == table_->asked);
        for (const auto &certificate :
             {with_emails({"alice@a\0"s}), with_emails({""}), with_emails({})}) {
            CPPUNIT_ASSERT_EQUAL("nobody"s, who({lookup}, certificate));
            CPPUNIT_ASSERT(table_->asked.empty());
        }
    }

    void refuses_found_users_that_are_no_names()
    {
        CPPUNIT_ASSERT_EQUAL("nobody by 0"s, who({lookup, guest}, with_emails({"odd@a"})));
        const auto any = test::regex_of(".*");
        for (const auto *user : {"", "a:b", "a\nb", "a\x7f", "a\xff", "\xc2\x80"}) {
            const auto map = map_of({lookup}, std::make_shared<const TableLookup>(
                                                  std::map<std::string, std::string>{{"x", user}}));
            const auto outcome =
                map.evaluate(*test::client_with(with_emails({"x"})), any, test::now());
            CPPUNIT_ASSERT_EQUAL("nobody by 0"s, test::told(outcome));
        }
    }

    void stands_as_long_as_the_shortest_cache_of_those_asked()
    {
        const auto stands = [&](std::initializer_list<const char *> rules, const char *email) {
            return (asked(rules, with_emails({email})).stands_until - test::day(2030, 1, 1))
                .count();
        };
        CPPUNIT_ASSERT_EQUAL(60L, stands({lookup}, "alice@a"));
        CPPUNIT_ASSERT_EQUAL(60L, stands({lookup, guest}, "bob@a"));
        CPPUNIT_ASSERT_EQUAL(60L, stands({lookup}, "bob@a"));
        CPPUNIT_ASSERT_EQUAL(600L, stands({"lookup=table:x key=san:email cache=10min"}, "alice@a"));
        CPPUNIT_ASSERT_EQUAL(0L, stands({"lookup=table:x key=san:email cache=0"}, "alice@a"));
        CPPUNIT_ASSERT_EQUAL(5L,
                             stands({"lookup=table:x key=subject:CN cache=5s", lookup}, "alice@a"));
        CPPUNIT_ASSERT_EQUAL(60L,
                             stands({lookup, "lookup=table:x key=subject:CN cache=5s"}, "alice@a"));
    }

    // -- pins ------------------------------------------------------------------------------------

    test::Identity root_ = test::authority("Root");
    test::Identity staff_ = Builder{}.subject("CN", "Staff").authority().issued_by(root_);
    test::Identity alice_ = Builder{}.subject("CN", "Alice").issued_by(staff_);

    static Trust::Settings with_chains()
    {
        auto settings = test::settings(5);
        settings.chains = true;
        return settings;
    }

    /// Verified under this trust, as a handshake does.
    std::string who_under(const Trust &trust, std::initializer_list<const char *> rules) const
    {
        return who_under(trust, test::evidence_of(alice_, {staff_}), rules);
    }

    static std::string who_under(const Trust &trust, Evidence evidence,
                                 std::initializer_list<const char *> rules)
    {
        evidence.verification = trust.verify(evidence, test::now());
        const Client client{
            std::make_shared<const Evidence>(std::move(evidence)), test::success, &trust, {}};
        return test::told(test::outcome_of(map_of(rules), client, test::now()));
    }

    std::string pinned(const std::string &pins) const
    {
        const auto trust = test::trust_in({root_}, with_chains());
        return who_under(trust, {(pins + " subject:CN .* user").c_str()});
    }

    static std::string key_of(const test::Identity &identity)
    {
        return "issuer-spki=sha256:" + lower_hex(identity.certificate.spki_fingerprint());
    }

    void pins_the_issuer_by_name_anywhere_in_the_chain()
    {
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned("issuer=\"cn=staff\""));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned("issuer=\"CN=Root\""));
        CPPUNIT_ASSERT_EQUAL("nobody"s, pinned("issuer=\"CN=Alice\""));
        CPPUNIT_ASSERT_EQUAL("nobody"s, pinned("issuer=\"CN=Staff,CN=Root\""));
    }

    void pins_the_issuer_by_key_anywhere_in_the_chain()
    {
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned(key_of(staff_)));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned(key_of(root_)));
        CPPUNIT_ASSERT_EQUAL("nobody"s, pinned(key_of(alice_)));
    }

    void wants_both_pins_in_one_certificate()
    {
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned("issuer=CN=Staff " + key_of(staff_)));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, pinned(key_of(root_) + " issuer=CN=Root"));
        CPPUNIT_ASSERT_EQUAL("nobody"s, pinned("issuer=CN=Staff " + key_of(root_)));
    }

    void pins_nobody_without_a_chain()
    {
        const auto trust = test::trust_in({root_});
        CPPUNIT_ASSERT_EQUAL("guest by 1"s,
                             who_under(trust, {"issuer=CN=Staff subject:CN .* user", guest}));
        const auto map = map_of({"issuer=CN=Staff subject:CN .* user"});
        CPPUNIT_ASSERT_EQUAL(
            "nobody"s, test::told(test::outcome_of(map, *test::client_with(alice_.certificate))));
        CPPUNIT_ASSERT(map.has_pins());
        CPPUNIT_ASSERT(!map_of({guest}).has_pins());
    }

    void makes_the_chain_anew_under_another_trust()
    {
        // Of the handshake: Staff by Root. Here Staff itself is trusted, and Root is not.
        const auto handshake = test::trust_in({root_}, with_chains());
        Evidence evidence = test::evidence_of(alice_, {staff_});
        evidence.verification = handshake.verify(evidence, test::now());
        auto settings = with_chains();
        settings.others = "partial";
        const auto store = test::store_of({staff_});
        X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
        const Trust here{store.get(), settings};
        const Client client{std::make_shared<const Evidence>(evidence), test::success, &here, {}};
        const auto user = [&](const char *rule) {
            return test::told(test::outcome_of(map_of({rule}), client, test::now()));
        };
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("issuer=CN=Staff subject:CN .* user"));
        CPPUNIT_ASSERT_EQUAL("nobody"s, user("issuer=CN=Root subject:CN .* user"));
    }

    void pins_no_key_that_is_not_known()
    {
        // Alice's own certificate is trusted: who signed it was never looked at.
        const auto store = test::store_of({alice_});
        X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
        const Trust trust{store.get(), with_chains()};
        const auto zero = "issuer-spki=sha256:" + std::string(64, '0') + " subject:CN .* user";
        CPPUNIT_ASSERT_EQUAL("nobody"s,
                             who_under(trust, test::evidence_of(alice_), {zero.c_str()}));
        const auto staff = key_of(staff_) + " subject:CN .* user";
        CPPUNIT_ASSERT_EQUAL("nobody"s,
                             who_under(trust, test::evidence_of(alice_), {staff.c_str()}));
    }

    // -- the trace -------------------------------------------------------------------------------

    static constexpr std::initializer_list<const char *> all_kinds = {
        "issuer=CN=Other subject:CN .* user",
        "san:upn .* user",
        "san:email .* user",
        "subject:OU[4] .* user",
        "subject:CN Bob user",
        "san:email[any] bob@a user",
        "dn CN=Bob user",
        "lookup=table:x key=subject:CN",
        "subject:CN Alice $0",
        "subject:CN .* never",
    };

    void tells_rule_by_rule_what_it_saw()
    {
        const auto client = test::client_with(with_emails({"x@a", "y@a\0"s}));
        MapTrace trace;
        const auto outcome =
            test::outcome_of(map_of(all_kinds, table_), *client, test::day(2030, 1, 1), &trace);
        CPPUNIT_ASSERT_EQUAL("Alice by 8"s, test::told(outcome));
        std::string told;
        for (const auto &step : trace) {
            told += std::to_string(step.rule) + (step.matched ? "+ " : "- ") + step.selector + " [";
            for (const auto &value : step.values)
                told += (value.usable ? " " : " !") + value.text;
            told += " ] " + step.why + '\n';
        }
        CPPUNIT_ASSERT_EQUAL(
            "0-  [ ] its issuer pin is not in the certificate's chain\n"
            "1- san:upn [ ] the certificate has none\n"
            "2- san:email [ x@a !y@a\\00 ] the certificate has 2 values of it, of which [0], "
            "[last] or [any] would choose\n"
            "3- subject:OU[4] [ ] the certificate has none\n"
            "4- subject:CN [ Alice ] \"Alice\" does not match\n"
            "5- san:email[any] [ x@a !y@a\\00 ] none of its values matches\n"
            "6- dn [ CN=Alice ] \"CN=Alice\" is another name\n"
            "7- subject:CN [ Alice ] \"Alice\" is not found\n"
            "8+ subject:CN [ Alice ] \"Alice\" matches\n"s,
            told);
    }

    void tells_the_same_with_and_without_a_trace()
    {
        const auto client = test::client_with(with_emails({"down@a"}));
        for (const auto *rule : all_kinds) {
            MapTrace trace;
            const auto map = map_of({rule, "dn CN=Alice deny"}, table_);
            const auto one = test::outcome_of(map, *client);
            const auto other = test::outcome_of(map, *client, test::day(2030, 1, 1), &trace);
            CPPUNIT_ASSERT_EQUAL(test::told(one), test::told(other));
            CPPUNIT_ASSERT_EQUAL(one.rule.value() + 1, trace.size());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserMapLookupTest);

}  // namespace

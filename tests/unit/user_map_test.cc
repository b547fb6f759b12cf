// SPDX-License-Identifier: Apache-2.0
// What maps make of certificates; MapRuleTest has how rules are written.
#include "maps.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::map_of;
using State = MapOutcome::State;

std::string who(const UserMap &map, const Certificate &certificate)
{
    return test::told(test::outcome_of(map, *test::client_with(certificate)));
}

class UserMapTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UserMapTest);
    CPPUNIT_TEST(takes_the_first_rule_that_matches);
    CPPUNIT_TEST(matches_the_whole_of_a_value);
    CPPUNIT_TEST(puts_groups_into_the_user);
    CPPUNIT_TEST(maps_nobody_whose_certificate_is_not_valid);
    CPPUNIT_TEST(takes_no_value_of_several_unless_told_which);
    CPPUNIT_TEST(denies_for_any_of_several_values);
    CPPUNIT_TEST(never_matches_values_that_are_no_clean_text);
    CPPUNIT_TEST(compares_names_as_names);
    CPPUNIT_TEST(tells_names_of_every_kind_apart);
    CPPUNIT_TEST(is_not_fooled_by_what_is_printed_alike);
    CPPUNIT_TEST(refuses_what_is_no_user_name);
    CPPUNIT_TEST(asks_no_further_rule_for_another_user_name);
    CPPUNIT_TEST(goes_by_the_pattern_it_is_given);
    CPPUNIT_TEST(fails_where_a_pattern_takes_too_long);
    CPPUNIT_TEST(takes_the_value_itself);
    CPPUNIT_TEST(takes_the_first_value_that_can_be_a_user);
    CPPUNIT_TEST(stands_forever_without_lookups);
    CPPUNIT_TEST_SUITE_END();

    test::Identity root_ = test::authority("Root");
    Certificate alice_ = Builder{}
                             .subject("O", "Lab")
                             .subject("OU", "Staff")
                             .subject("OU", "Night shift")
                             .subject("CN", "Alice")
                             .alternative_name(GEN_EMAIL, "alice@lab.example")
                             .issued_by(root_)
                             .certificate;

    static Certificate called(std::string_view name, int type = V_ASN1_UTF8STRING)
    {
        return Builder{}.subject("CN", name, type).certificate();
    }

    void takes_the_first_rule_that_matches()
    {
        const auto map = map_of({"subject:CN Bob bob", "subject:CN Alice first",
                                 "subject:CN Alice second", "subject:CN .* deny"});
        CPPUNIT_ASSERT_EQUAL("first by 1"s, who(map, alice_));
        CPPUNIT_ASSERT_EQUAL("bob by 0"s, who(map, called("Bob")));
        CPPUNIT_ASSERT_EQUAL("denied by 3"s, who(map, called("Carol")));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, Builder{}.subject("O", "Lab").certificate()));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(UserMap{}, alice_));
    }

    void matches_the_whole_of_a_value()
    {
        for (const auto *rule : {"subject:CN lice u", "subject:CN Alic u", "subject:CN A u",
                                 "subject:CN ^Ali u", "subject:CN ce$ u", "subject:CN lice|x u"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, "nobody"s, who(map_of({rule}), alice_));
        for (const auto *rule : {"subject:CN Ali|Alice|A u", "subject:CN (?m)^Alice$ u"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, "u by 0"s, who(map_of({rule}), alice_));
        const auto evil = map_of({"san:email \"([a-z]+)@lab\\.example\" $1"});
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who(evil, alice_));
        for (const auto *email : {"alice@lab.example.evil", "x alice@lab.example",
                                  "alice@lab-example", "alice@lab.example\n"})
            CPPUNIT_ASSERT_EQUAL(
                "nobody"s, who(evil, Builder{}.alternative_name(GEN_EMAIL, email).certificate()));
    }

    void puts_groups_into_the_user()
    {
        const auto user = [&](const char *name, const char *regex = "\"(A)(li)(.*)\"") {
            return who(map_of({("subject:CN "s + regex + ' ' + name).c_str()}), alice_);
        };
        CPPUNIT_ASSERT_EQUAL("A by 0"s, user("$1"));
        CPPUNIT_ASSERT_EQUAL("ce-li.A by 0"s, user("$3-$2.$1"));
        CPPUNIT_ASSERT_EQUAL("Alice by 0"s, user("$0"));
        CPPUNIT_ASSERT_EQUAL("xAlicex by 0"s, user("x$0x", "Alice"));
        CPPUNIT_ASSERT_EQUAL("x by 0"s, user("x$1", "\"(Bob)?Alice\""));
        CPPUNIT_ASSERT_EQUAL("lice by 0"s, user("$1", "\"A\\K(lice)\""));
        CPPUNIT_ASSERT_EQUAL("Alice by 0"s, user("$0", "\"Al\\Kice\""));
        CPPUNIT_ASSERT_EQUAL("eA by 0"s, user("$9$1", "\"(A)()()()(l)(i)()(c)(e)()()()\""));
    }

    void maps_nobody_whose_certificate_is_not_valid()
    {
        const auto map = map_of({"subject:CN .* user", "fingerprint-sha256 .* user"});
        for (const auto &client :
             {test::client_with(alice_, test::revoked), test::client_with(alice_, Verdict{})})
            CPPUNIT_ASSERT_EQUAL("nobody"s, test::told(test::outcome_of(map, *client)));
        CPPUNIT_ASSERT_EQUAL("nobody"s, test::told(test::outcome_of(map, *test::nobody())));
    }

    void takes_no_value_of_several_unless_told_which()
    {
        const auto user = [&](const char *selector, const char *regex) {
            return who(map_of({(selector + " "s + regex + " user").c_str()}), alice_);
        };
        CPPUNIT_ASSERT_EQUAL("nobody"s, user("subject:OU", "Staff"));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("subject:OU[0]", "Staff"));
        CPPUNIT_ASSERT_EQUAL("nobody"s, user("subject:OU[1]", "Staff"));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("subject:OU[1]", "\"Night shift\""));
        CPPUNIT_ASSERT_EQUAL("nobody"s, user("subject:OU[2]", ".*"));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("subject:OU[last]", "Night.shift"));
        CPPUNIT_ASSERT_EQUAL("nobody"s, user("subject:OU[last]", "Staff"));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("subject:OU[any]", "Staff"));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, user("subject:OU[any]", "Night.*"));
    }

    void denies_for_any_of_several_values()
    {
        const auto denied = [&](const char *selector) {
            return who(map_of({(selector + " \"Night shift\" deny"s).c_str()}), alice_);
        };
        CPPUNIT_ASSERT_EQUAL("denied by 0"s, denied("subject:OU"));
        CPPUNIT_ASSERT_EQUAL("denied by 0"s, denied("subject:OU[any]"));
        CPPUNIT_ASSERT_EQUAL("nobody"s, denied("subject:OU[0]"));
    }

    void never_matches_values_that_are_no_clean_text()
    {
        const auto map = map_of({"subject:CN \"(?s).*\" user"});
        const auto any = map_of({"subject:CN[any] alice user", "subject:CN[0] .* first"});
        CPPUNIT_ASSERT_EQUAL("user by 0"s, who(map, called("R\xc3\xa9n\xc3\xa9")));
        for (const auto &name :
             {"alice\0"s, "alice\0.evil"s, "a\nlice"s, "alice\x7f"s, "alice\xc2\x85"s, "\x01"s}) {
            CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, called(name)));
            const auto two = Builder{}.subject("CN", name).subject("CN", "alice").certificate();
            CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, two));
            CPPUNIT_ASSERT_EQUAL("user by 0"s, who(any, two));
            CPPUNIT_ASSERT_EQUAL("nobody"s, who(any, called(name)));
        }
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, called("alic\xe9", V_ASN1_IA5STRING)));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, called("\0a\0\0"s, V_ASN1_BMPSTRING)));
        CPPUNIT_ASSERT_EQUAL("user by 0"s, who(map, called("\0a\0b"s, V_ASN1_BMPSTRING)));
        const auto name = map_of({"dn \"CN=alice\\00\" user"});
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(name, called("alice\0"s)));
    }

    void compares_names_as_names()
    {
        for (const auto *name : {"CN=Alice,OU=Night shift,OU=Staff,O=Lab",
                                 "cn=alice, ou=NIGHT  shift, ou=staff, o=lab",
                                 "2.5.4.3=#0c05416c696365,OU=Night shift,OU=Staff,O=Lab"})
            CPPUNIT_ASSERT_EQUAL("user by 0"s,
                                 who(map_of({("dn \""s + name + "\" user").c_str()}), alice_));
        for (const auto *name : {"CN=Alice,OU=Staff,OU=Night shift,O=Lab", "CN=Alice", "O=Lab",
                                 "CN=Alice,OU=Night shift+OU=Staff,O=Lab",
                                 "CN=Alicia,OU=Night "
                                 "shift,OU=Staff,O=Lab"})
            CPPUNIT_ASSERT_EQUAL("nobody"s,
                                 who(map_of({("dn \""s + name + "\" user").c_str()}), alice_));
        CPPUNIT_ASSERT_EQUAL(
            "denied by 0"s,
            who(map_of({"dn \"CN=Alice,OU=Night shift,OU=Staff,O=Lab\" deny"}), alice_));
    }

    /// The user that a rule for the one name gives to the other.
    static std::string mapped(std::string_view rule, std::string_view subject)
    {
        std::string name;
        for (const char c : rule) {
            if (c == '\\' || c == '"')
                name += '\\';
            name += c;
        }
        const auto parsed = DistinguishedName::parse(subject);
        return who(map_of({("dn \"" + name + "\" user").c_str()}),
                   Builder{}.subject(parsed->get()).certificate());
    }

    void tells_names_of_every_kind_apart()
    {
        for (const auto &row : test::rows_of("equal-names.txt")) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(row.at(1), "user by 0"s, mapped(row.at(1), row.at(2)));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(row.at(2), "user by 0"s, mapped(row.at(2), row.at(1)));
        }
        for (const auto &row : test::rows_of("different-names.txt")) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(row.at(0), "nobody"s, mapped(row.at(0), row.at(1)));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(row.at(1), "nobody"s, mapped(row.at(1), row.at(0)));
        }
    }

    void is_not_fooled_by_what_is_printed_alike()
    {
        // mod_ssl's FakeBasicAuth prints both as /OU=svc/CN=admin.
        const auto map = map_of({"dn \"CN=admin,OU=svc\" admin"});
        const auto real = Builder{}.subject("OU", "svc").subject("CN", "admin").certificate();
        const auto fake = Builder{}.subject("OU", "svc\\").subject("CN", "admin").certificate();
        const auto one = Builder{}.subject("OU", "svc/CN=admin").certificate();
        CPPUNIT_ASSERT_EQUAL("admin by 0"s, who(map, real));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, fake));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(map, one));
        CPPUNIT_ASSERT_EQUAL("nobody"s,
                             who(map, Builder{}.subject("CN", "admin,OU=svc").certificate()));
        const auto escaped = map_of({"dn \"CN=admin,OU=svc\\\\\\\\\" other"});  // \\ in the file
        CPPUNIT_ASSERT_EQUAL("other by 0"s, who(escaped, fake));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(escaped, real));
    }

    void refuses_what_is_no_user_name()
    {
        const auto map = map_of({"subject:CN (.*) $1"});
        CPPUNIT_ASSERT_EQUAL("a.b_c@d+e-f by 0"s, who(map, called("a.b_c@d+e-f")));
        CPPUNIT_ASSERT_EQUAL(std::string(128, 'a') + " by 0",
                             who(map_of({"subject:CN (.*)1(.*) $1$2"}),
                                 called(std::string(60, 'a') + '1' + std::string(68, 'a'))));
        for (const auto *name :
             {"Alice Smith", "-alice", "", "@", "alice:x", "a/b", "r\xc3\xa9ne"}) {
            const auto outcome = test::outcome_of(map, *test::client_with(called(name)));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(name, "nobody by 0"s, test::told(outcome));
            CPPUNIT_ASSERT(outcome.reason.find("is no user name") != std::string::npos);
        }
    }

    void asks_no_further_rule_for_another_user_name()
    {
        const auto map = map_of({"subject:CN (.*) $1", "subject:CN .* guest"});
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who(map, called("alice")));
        CPPUNIT_ASSERT_EQUAL("nobody by 0"s, who(map, called("alice smith")));
    }

    void goes_by_the_pattern_it_is_given()
    {
        const auto map = map_of({"subject:CN (.*) $1"});
        const auto user = [&](const char *name, const char *pattern) {
            return test::told(map.evaluate(*test::client_with(called(name)),
                                           test::regex_of(pattern), test::the_beginning()));
        };
        CPPUNIT_ASSERT_EQUAL("Alice Smith by 0"s, user("Alice Smith", "[A-Za-z ]+"));
        CPPUNIT_ASSERT_EQUAL("nobody by 0"s, user("Alice", "[a-z]+"));
        CPPUNIT_ASSERT_EQUAL("r\xc3\xa9ne by 0"s, user("r\xc3\xa9ne", ".{4}"));
        for (const auto *name : {"a:b", ""})
            CPPUNIT_ASSERT_EQUAL("nobody by 0"s, user(name, ".*"));
    }

    void fails_where_a_pattern_takes_too_long()
    {
        const auto map = map_of({"subject:CN (a+)+ deny", "subject:CN .* user"});
        const auto outcome =
            test::outcome_of(map, *test::client_with(called(std::string(60, 'a') + '!')));
        CPPUNIT_ASSERT(outcome.state == State::failed);
        CPPUNIT_ASSERT_EQUAL("the regular expression \"(a+)+\" takes too long on \""s +
                                 std::string(60, 'a') + "!\"",
                             outcome.reason);
        CPPUNIT_ASSERT(outcome.stands_until == Time::max());
    }

    static UserMap taking(const char *selector)
    {
        UserMap map;
        map.add(*MapRule::of_value(selector));
        return map;
    }

    void takes_the_value_itself()
    {
        CPPUNIT_ASSERT_EQUAL("Alice by 0"s, who(taking("subject:CN"), alice_));
        CPPUNIT_ASSERT_EQUAL("alice@lab.example by 0"s, who(taking("san:email"), alice_));
        CPPUNIT_ASSERT_EQUAL(lower_hex(alice_.fingerprint()) + " by 0",
                             who(taking("fingerprint-sha256"), alice_));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(taking("subject:OU"), alice_));
        CPPUNIT_ASSERT_EQUAL("Staff by 0"s, who(taking("subject:OU[0]"), alice_));
        CPPUNIT_ASSERT_EQUAL("nobody by 0"s, who(taking("subject:OU[1]"), alice_));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(taking("san:upn"), alice_));
        CPPUNIT_ASSERT_EQUAL("nobody"s, who(taking("subject:CN"), called("a\0"s)));
    }

    void takes_the_first_value_that_can_be_a_user()
    {
        const auto two = Builder{}
                             .subject("CN", "a\nb")
                             .subject("CN", "Alice Smith")
                             .subject("CN", "alice")
                             .subject("CN", "bob")
                             .certificate();
        CPPUNIT_ASSERT_EQUAL("alice by 0"s, who(taking("subject:CN[any]"), two));
        CPPUNIT_ASSERT_EQUAL("nobody by 0"s, who(taking("subject:OU[any]"),
                                                 Builder{}.subject("OU", "a b").certificate()));
    }

    void stands_forever_without_lookups()
    {
        for (const auto *rule : {"subject:CN Alice user", "subject:CN Bob user"})
            CPPUNIT_ASSERT(
                test::outcome_of(map_of({rule}), *test::client_with(alice_)).stands_until ==
                Time::max());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserMapTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// Rules of maps as administrators write them; UserMapTest has what they do.
#include "core/map/words.hh"
#include "maps.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::TableLookup;

const std::string key_pin = "issuer-spki=sha256:" + std::string(64, 'a');

Result<MapRule> parsed(std::string_view text)
{
    using Table = std::map<std::string, std::string>;
    return MapRule::parse(text, test::kinds_with(std::make_shared<const TableLookup>(Table{})));
}

std::string fault(std::string_view text)
{
    const auto rule = parsed(text);
    return rule ? "taken" : rule.error();
}

class MapRuleTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(MapRuleTest);
    CPPUNIT_TEST(takes_rules_of_every_form);
    CPPUNIT_TEST(refuses_what_is_no_rule);
    CPPUNIT_TEST(says_what_is_wrong_and_what_would_be_right);
    CPPUNIT_TEST(takes_selectors_of_who_somebody_is);
    CPPUNIT_TEST(reads_words_as_httpd_does);
    CPPUNIT_TEST(refuses_quotes_that_do_not_end);
    CPPUNIT_TEST(survives_random_rules);
    CPPUNIT_TEST_SUITE_END();

    void takes_rules_of_every_form()
    {
        for (const auto &text :
             {"subject:CN .* user"s,
              "subject:CN \"(.*)\" $1"s,
              "subject:CN (.*) $0$1"s,
              "subject:OU[0] Staff user"s,
              "subject:1.2.3[last] a user"s,
              "san:email[any] a deny"s,
              "issuer-serial .* x"s,
              "san:1.2.3.4 a \"b c\""s,
              "subject:CN a a\\$b"s,
              "dn CN=a,O=b user"s,
              "dn \"CN=a, O=b\" deny"s,
              "ski a b"s,
              "lookup=table:x key=san:email"s,
              "key=dn lookup=table:x"s,
              "lookup=table:x key=subject:CN[0] cache=10min"s,
              "lookup=table:y:z key=dn"s,
              "lookup=table:x colour=red key=dn"s,
              "issuer=CN=Root subject:CN .* u"s,
              "issuer=\"CN=Root CA\" dn CN=a u"s,
              "\"issuer=CN=Root CA\" dn CN=a u"s,
              "issuer='CN=Root CA' lookup=table:x key=dn"s,
              key_pin + " subject:CN .* u",
              key_pin + " issuer=CN=a subject:CN .* u",
              "issuer=CN=a " + key_pin + " subject:CN .* u",
              "issuer-spki=sha256:AB:"s + std::string(62, 'C') + " subject:CN .* u",
              " \t subject:CN  a   u \t"s})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, "taken"s, fault(text));
        CPPUNIT_ASSERT(parsed(key_pin + " subject:CN .* u")->has_pins());
        CPPUNIT_ASSERT(!parsed("subject:CN .* u")->has_pins());
        CPPUNIT_ASSERT_EQUAL("dn  \"CN=a\" u"s, parsed("dn  \"CN=a\" u")->text());
    }

    void refuses_what_is_no_rule()
    {
        for (const auto &text : {""s,
                                 "  "s,
                                 "subject:CN"s,
                                 "subject:CN .*"s,
                                 "subject:CN .* a b"s,
                                 "subject:FOO .* u"s,
                                 "subject:CN ( u"s,
                                 "subject:CN .* \"\""s,
                                 "subject:CN .* a:b"s,
                                 "subject:CN .* $1"s,
                                 "subject:CN (.*) $2"s,
                                 "subject:CN .* a$"s,
                                 "subject:CN .* $x"s,
                                 "subject:CN .* a\x01"s,
                                 "subject:CN .* \xff"s,
                                 "subject:CN[] .* u"s,
                                 "subject:CN[-1] .* u"s,
                                 "subject:CN[x] .* u"s,
                                 "subject:CN[0]x .* u"s,
                                 "subject:CN[0 .* u"s,
                                 "subject:CN[ANY] .* u"s,
                                 "subject:CN[99999] .* u"s,
                                 "[0] .* u"s,
                                 "eku .* u"s,
                                 "policy .* u"s,
                                 "dn"s,
                                 "dn CN=a"s,
                                 "dn CN=a u v"s,
                                 "dn a u"s,
                                 "dn CN=a $0"s,
                                 "dn CN=a $1"s,
                                 "dn[0] .* u"s,
                                 "dn[any] .* deny"s,
                                 "san:dirname .* u"s,
                                 "issuer=CN=a"s,
                                 "issuer=a subject:CN .* u"s,
                                 "issuer= subject:CN .* u"s,
                                 "issuer=CN=a issuer=CN=b subject:CN .* u"s,
                                 key_pin + ' ' + key_pin + " dn CN=a u",
                                 "issuer-spki=sha256:aa subject:CN .* u"s,
                                 "issuer-spki=" + std::string(64, 'a') + " subject:CN .* u",
                                 "issuer-spki=sha1:" + std::string(64, 'a') + " dn CN=a u",
                                 "issuer-spki=sha256:" + std::string(66, 'a') + " dn CN=a u",
                                 "subject:CN .* u issuer=CN=a"s,
                                 "lookup=table:x"s,
                                 "key=dn"s,
                                 "cache=1s"s,
                                 "lookup=table key=dn"s,
                                 "lookup=table: key=dn"s,
                                 "lookup=tables:x key=dn"s,
                                 "lookup=TABLE:x key=dn"s,
                                 "lookup=:x key=dn"s,
                                 "lookup=table:x key=eku"s,
                                 "lookup=table:x key=dn[x]"s,
                                 "lookup=table:x key=dn cache=x"s,
                                 "lookup=table:x key=dn user"s,
                                 "lookup=table:x key=dn key=dn"s,
                                 "lookup=table:x lookup=table:x key=dn"s,
                                 "lookup=table:broken key=dn"s,
                                 "lookup=table:x key=dn colour=blue"s,
                                 "lookup=table:x key=dn colour=red colour=red"s,
                                 "lookup=table:x key=dn size=1"s,
                                 "lookup=table:x key=dn issuer=CN=a"s,
                                 "subject:CN lookup=table:x key=dn"s})
            CPPUNIT_ASSERT_MESSAGE(quoted(text), fault(text) != "taken");
    }

    void says_what_is_wrong_and_what_would_be_right()
    {
        const auto forms = "a rule is SELECTOR \"REGEX\" USER, dn \"DN\" USER or "
                           "lookup=KIND:ARGUMENT key=SELECTOR, with deny for USER where that is "
                           "meant, and issuer=\"DN\" or issuer-spki=sha256:HEX before it"s;
        CPPUNIT_ASSERT_EQUAL(forms, fault(""));
        CPPUNIT_ASSERT_EQUAL(forms + "; behind \"subject:CN\" two words are expected, not 1",
                             fault("subject:CN .*"));
        CPPUNIT_ASSERT_EQUAL(
            "\"FOO\" is no attribute type: a short name such as CN, OU, O, UID, DC "
            "or emailAddress is, or a dotted OID such as 2.5.4.3"s,
            fault("subject:FOO .* u"));
        CPPUNIT_ASSERT_EQUAL("the user \"$2\" has a $2, and \"(.*)\" has one group alone"s,
                             fault("subject:CN (.*) $2"));
        CPPUNIT_ASSERT_EQUAL("the user \"x$1\" has a $1, and \".*\" has no group"s,
                             fault("subject:CN .* x$1"));
        CPPUNIT_ASSERT_EQUAL("the user \"$1\" has a $1, and there is no regular expression that it "
                             "could be of"s,
                             fault("dn CN=a $1"));
        CPPUNIT_ASSERT_EQUAL("the user \"a$\" has a '$' without a digit behind it; \"\\$\" is that "
                             "character itself"s,
                             fault("subject:CN .* a$"));
        CPPUNIT_ASSERT_EQUAL("a lookup takes lookup=KIND:ARGUMENT, key=SELECTOR, colour= and "
                             "cache=TIME, not \"size=1\""s,
                             fault("lookup=table:x key=dn size=1"));
        CPPUNIT_ASSERT_EQUAL("lookup= takes table:NAME or other:WORD, not \"ldap:x\""s,
                             fault("lookup=ldap:x key=dn"));
        CPPUNIT_ASSERT_EQUAL("table:broken is broken"s, fault("lookup=table:broken key=dn"));
        CPPUNIT_ASSERT_EQUAL("\"eku\" tells what somebody may do, and not who he is"s,
                             fault("eku .* u"));
        CPPUNIT_ASSERT_EQUAL(
            "\"subject:CN[x]\" ends with \"[x]\", which chooses no value: [0], [1] "
            "and so on, [last] and [any] do"s,
            fault("subject:CN[x] .* u"));
        CPPUNIT_ASSERT_EQUAL("\"dn[0]\" is a name, and names are not compared as they are printed: "
                             "dn \"DN\" USER compares one, subject:ATTRIBUTE is one value of it"s,
                             fault("dn[0] .* u"));
        CPPUNIT_ASSERT_EQUAL("issuer-spki= takes sha256: and the 64 hexadecimal digits of the "
                             "SHA-256 of the issuer's SubjectPublicKeyInfo, not \"sha256:aa\""s,
                             fault("issuer-spki=sha256:aa dn CN=a u"));
    }

    void takes_selectors_of_who_somebody_is()
    {
        CPPUNIT_ASSERT(MapRule::of_value("san:upn"));
        CPPUNIT_ASSERT(MapRule::of_value("dn"));
        CPPUNIT_ASSERT(MapRule::of_value("subject:CN[last]"));
        for (const auto *selector : {"", "eku", "CN", "subject:CN .* u", "subject:CN[1"})
            CPPUNIT_ASSERT_MESSAGE(selector, !MapRule::of_value(selector));
    }

    void reads_words_as_httpd_does()
    {
        const auto words = [](std::string_view line) {
            std::string text;
            const auto found = words_of(line);
            for (const auto &word : *found)
                text += '<' + word + '>';
            return text;
        };
        CPPUNIT_ASSERT_EQUAL("<a><b c><d>"s, words("  a\t\"b c\" 'd'  \r\n"));
        CPPUNIT_ASSERT_EQUAL("<a\\.b><a\\.b><a\\.b>"s, words("a\\.b \"a\\.b\" a\\\\.b"));
        CPPUNIT_ASSERT_EQUAL("<a\"b><a\\'b><\\>"s, words(R"("a\"b" "a\'b" "\\")"));
        CPPUNIT_ASSERT_EQUAL("<><a\"b><it's>"s, words(R"("" a"b it's)"));
        CPPUNIT_ASSERT_EQUAL("<issuer=CN=a b><x=y z><A=\"b><c\">"s,
                             words(R"(issuer="CN=a b" x='y z' A="b c")"));
        CPPUNIT_ASSERT_EQUAL(""s, words("  "));
    }

    void refuses_quotes_that_do_not_end()
    {
        CPPUNIT_ASSERT_EQUAL("the quotes that begin '\"a b' do not end"s,
                             words_of("x \"a b").error());
        CPPUNIT_ASSERT_EQUAL("behind the quotes around \"a\" a blank is expected"s,
                             words_of("\"a\"b").error());
        for (const auto *line : {"\"", "'", "\"a\\\"", "issuer=\"a", "'a\""})
            CPPUNIT_ASSERT_MESSAGE(line, !words_of(line));
    }

    void survives_random_rules()
    {
        const auto pieces = std::to_array<std::string>({"subject:CN",
                                                        "san:email",
                                                        "dn",
                                                        "[0]",
                                                        "[any]",
                                                        " ",
                                                        " ",
                                                        " ",
                                                        "\"",
                                                        "'",
                                                        "\\",
                                                        "$1",
                                                        "$",
                                                        "(.*)",
                                                        "CN=a",
                                                        "user",
                                                        "deny",
                                                        "lookup=",
                                                        "table:x",
                                                        "key=",
                                                        "cache=",
                                                        "issuer=",
                                                        "issuer-spki=sha256:",
                                                        "\xff",
                                                        "\0"s,
                                                        "1",
                                                        "(",
                                                        "=",
                                                        ":"});
        test::Chance chance{5};
        int taken = 0;
        for (int i = 0; i < 60'000; ++i)
            taken += parsed(chance.text(chance.below(12), pieces)) ? 1 : 0;
        for (int i = 0; i < 20'000; ++i)
            (void)parsed(chance.octets(chance.below(40)));
        CPPUNIT_ASSERT(taken > 5);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MapRuleTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include <clientcert/equalities.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <tuple>

namespace {

using namespace clientcert;

/// "VARIABLE=VALUE|VALUE;" for each.
std::string told(std::string_view rule)
{
    std::string text;
    for (const auto &[variable, values] : equalities(rule)) {
        text += variable + '=';
        for (const auto &value : values)
            text += (&value == &values.front() ? "" : "|") + value;
        text += ';';
    }
    return text;
}

class EqualitiesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(EqualitiesTest);
    CPPUNIT_TEST(finds_what_has_to_be_equal);
    CPPUNIT_TEST(says_nothing_of_what_it_does_not_understand);
    CPPUNIT_TEST(knows_who_fulfils_it);
    CPPUNIT_TEST(knows_what_values_there_are);
    CPPUNIT_TEST_SUITE_END();

    void finds_what_has_to_be_equal()
    {
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b;"}, told("%{A} eq \"b\""));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b c;"}, told("  %{A}=='b c'  "));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=;"}, told("%{A} = ''"));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b;C=d;E=f;"},
                             told("%{A} eq 'b' and %{C} == \"d\" && %{E}='f'"));
        CPPUNIT_ASSERT_EQUAL(std::string{"A=b|c;D=e;"},
                             told("(%{A} in {\"b\" , 'c'}) and ((%{SSL:D} eq 'e'))"));
    }

    void says_nothing_of_what_it_does_not_understand()
    {
        for (const char *rule : {"",
                                 "%{A}",
                                 "%{A} eq",
                                 "%{A} eq b",
                                 "%{A} eq \"b",
                                 "%{A eq \"b\"",
                                 "\"b\" eq %{A}",
                                 "%{A} ne \"b\"",
                                 "%{A} equals \"b\"",
                                 "not %{A} eq \"b\"",
                                 "!(%{A} eq \"b\")",
                                 "%{A} eq \"b\" or %{A} eq \"c\"",
                                 "%{A} eq \"b\" || %{A} eq \"c\"",
                                 "%{A} eq \"%{B}\"",
                                 "%{A} eq \"$1\"",
                                 "%{A} eq \"\\\\b\"",
                                 "%{A} in {\"b\"",
                                 "%{A} in {}",
                                 "%{A} in {\"b\", %{C}}",
                                 "%{A} in split(/,/, 'b')",
                                 "(%{A} eq \"b\"",
                                 "%{A} eq \"b\")",
                                 "(%{A} eq \"b\" or %{A} eq \"c\") and %{D} eq \"e\"",
                                 "!(%{A} in {\"b\"})",
                                 "%{A} eq \"b\" and",
                                 "%{A} eq \"b\" andy",
                                 "%{A} eq \"b\" . \"c\""})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(rule, std::string{}, told(rule));
    }

    void knows_who_fulfils_it()
    {
        // The variable, a value, and for whom it is: who has a certificate, a good one, none or a
        // bad one.
        struct Row {
            Equality equality;
            bool certificate, success, no_success;
        };
        for (const auto &[equality, certificate, success, no_success] : {
                 Row{{"SSL_CLIENT_VERIFY", {"SUCCESS"}}, true, true, false},
                 Row{{"CLIENTCERT_VERIFY", {"FAILED"}}, true, false, true},
                 Row{{"SSL_CLIENT_VERIFY", {"NONE"}}, false, false, true},
                 Row{{"SSL_CLIENT_VERIFY", {"NONE", "SUCCESS"}}, false, false, false},
                 Row{{"CLIENTCERT_VERIFY", {"FAILED", "SUCCESS"}}, true, false, false},
                 Row{{"SSL_CLIENT_S_DN_O", {"a", "b"}}, true, true, false},
                 Row{{"SSL_CLIENT_S_DN_O", {"a", ""}}, false, false, false},
                 Row{{"CLIENTCERT_SAN_DNS_1", {"a"}}, true, true, false},
                 Row{{"CLIENTCERT_REASON", {"expired"}}, false, false, false},
                 Row{{"CLIENTCERT_USER", {"a"}}, false, false, false},
                 Row{{"REMOTE_ADDR", {"a"}}, false, false, false},
             }) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(equality.variable, certificate,
                                         needs_certificate(equality));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(equality.variable, success, needs_success(equality));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(equality.variable, no_success, excludes_success(equality));
        }
    }

    void knows_what_values_there_are()
    {
        const auto is_never = [](const char *variable, const std::string &value) {
            return !why_never({variable, {value}}).empty();
        };
        const std::string digest(64, 'a');
        for (const auto &[variable, good, bad] : {
                 std::tuple{"CLIENTCERT_VERIFY", std::string{"FAILED"}, std::string{"success"}},
                 {"SSL_CLIENT_VERIFY", "FAILED:revoked", "FAILED"},
                 {"SSL_CLIENT_VERIFY", "NONE", "GENEROUS"},
                 {"SSL_CLIENT_VERIFY", "SUCCESS", "FAILED:certificate has expired"},
                 {"CLIENTCERT_REASON", "no-map-match", "none "},
                 {"CLIENTCERT_AUTH", "cert+basic", "Basic"},
                 {"CLIENTCERT_SERIAL", "0A", "0a"},
                 {"SSL_CLIENT_M_SERIAL", "", "0x0A"},
                 {"CLIENTCERT_SHA256", digest, digest + "a"},
                 {"CLIENTCERT_SPKI_SHA256", "", "AA" + digest.substr(2)},
                 {"CLIENTCERT_SUBJECT", "CN=a", "/CN=a"},
             }) {
            CPPUNIT_ASSERT_MESSAGE(good, !is_never(variable, good));
            CPPUNIT_ASSERT_MESSAGE(bad, is_never(variable, bad));
        }
        CPPUNIT_ASSERT(!is_never("SSL_CLIENT_S_DN", "/CN=a"));
        CPPUNIT_ASSERT(why_never({"CLIENTCERT_VERIFY", {"x", "NONE"}}).empty());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EqualitiesTest);

}  // namespace

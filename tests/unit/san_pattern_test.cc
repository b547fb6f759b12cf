// SPDX-License-Identifier: Apache-2.0
#include <clientcert/san_pattern.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;

struct Case {
    const char *pattern;
    SanType type;
    const char *name;
};

bool matches(const Case &one)
{
    const auto pattern = SanPattern::parse(one.pattern);
    CPPUNIT_ASSERT_MESSAGE(one.pattern, pattern);
    return pattern->matches({one.type, one.name, true});
}

std::string described(const Case &one)
{
    return one.pattern + " against "s + one.name;
}

class SanPatternTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SanPatternTest);
    CPPUNIT_TEST(matches_what_is_the_same);
    CPPUNIT_TEST(refuses_what_is_not_the_same);
    CPPUNIT_TEST(matches_with_a_star);
    CPPUNIT_TEST(refuses_more_than_a_star_stands_for);
    CPPUNIT_TEST(folds_the_case_of_mail_domains_behind_a_star);
    CPPUNIT_TEST(compares_addresses_by_value);
    CPPUNIT_TEST(never_matches_a_name_that_is_not_usable);
    CPPUNIT_TEST(never_matches_another_kind_of_name);
    CPPUNIT_TEST(refuses_to_parse_what_it_cannot_compare);
    CPPUNIT_TEST(says_what_is_wrong_with_a_pattern);
    CPPUNIT_TEST_SUITE_END();

    void matches_what_is_the_same()
    {
        for (const auto &one : std::to_array<Case>({
                 {"email:alice@example.com", SanType::email, "alice@example.com"},
                 {"email:alice@EXAMPLE.com", SanType::email, "alice@example.COM"},
                 {"email:\"a@b\"@example.com", SanType::email, "\"a@b\"@EXAMPLE.com"},
                 {"email:alice", SanType::email, "alice"},
                 {"dns:www.example.com", SanType::dns, "WWW.Example.COM"},
                 {"uri:https://example.com/A?b:c", SanType::uri, "https://example.com/A?b:c"},
                 {"upn:Alice@CORP.example", SanType::upn, "alice@corp.EXAMPLE"},
                 {"ip:192.0.2.1", SanType::ip, "192.0.2.1"},
             }))
            CPPUNIT_ASSERT_MESSAGE(described(one), matches(one));
    }

    void refuses_what_is_not_the_same()
    {
        for (const auto &one : std::to_array<Case>({
                 {"email:alice@example.com", SanType::email, "Alice@example.com"},
                 {"email:alice@example.com", SanType::email, "alice@example.com.evil.org"},
                 {"email:alice@example.com", SanType::email, "malice@example.com"},
                 {"email:\"a@B\"@example.com", SanType::email, "\"a@b\"@example.com"},
                 {"email:Alice", SanType::email, "alice"},
                 {"email:alice@example.com", SanType::email, ""},
                 {"dns:example.com", SanType::dns, "www.example.com"},
                 {"dns:example.com", SanType::dns, "example.com."},
                 {"dns:www.example.com", SanType::dns, "*.example.com"},
                 {"uri:https://example.com/", SanType::uri, "https://EXAMPLE.com/"},
                 {"uri:https://example.com/a", SanType::uri, "https://example.com/A"},
                 {"ip:192.0.2.1", SanType::ip, "192.0.2.10"},
             }))
            CPPUNIT_ASSERT_MESSAGE(described(one), !matches(one));
    }

    void matches_with_a_star()
    {
        for (const auto &one : std::to_array<Case>({
                 {"dns:*.example.com", SanType::dns, "www.example.com"},
                 {"uri:spiffe://a.example/ns/*", SanType::uri,
                  "spiffe://a.example/ns/shop/sa/cart"},
                 {"uri:*/cart", SanType::uri, "spiffe://a.example/cart"},
                 {"dns:*.EXAMPLE.com", SanType::dns, "w.Example.com"},
                 {"dns:*-host.example.com", SanType::dns, "my-host.example.com"},
                 {"dns:*", SanType::dns, "localhost"},
                 {"email:*@example.com", SanType::email, "alice@Example.com"},
                 {"email:*@EXAMPLE.com", SanType::email, "a.b.c@example.com"},
                 {"email:*lice@example.com", SanType::email, "alice@example.com"},
                 {"uri:*/admin", SanType::uri, "https://a.b/c/admin"},
                 {"uri:*", SanType::uri, "x"},
                 {"upn:*@CORP.example", SanType::upn, "a.b@corp.example"},
             }))
            CPPUNIT_ASSERT_MESSAGE(described(one), matches(one));
    }

    void refuses_more_than_a_star_stands_for()
    {
        for (const auto &one : std::to_array<Case>({
                 {"dns:*.example.com", SanType::dns, "a.b.example.com"},
                 {"dns:*.example.com", SanType::dns, ".example.com"},
                 {"dns:*.example.com", SanType::dns, "example.com"},
                 {"dns:*.example.com", SanType::dns, "www.example.com.evil.org"},
                 {"dns:*", SanType::dns, "a.b"},
                 {"dns:*", SanType::dns, ""},
                 {"email:*@example.com", SanType::email, "@example.com"},
                 {"email:*@example.com", SanType::email, "alice@www.example.com"},
                 {"email:*lice@example.com", SanType::email, "ALICE@example.com"},
                 {"email:*@example.com", SanType::email, "alice@example.com@evil.org"},
                 {"uri:*/admin", SanType::uri, "https://a/ADMIN"},
                 {"uri:*", SanType::uri, ""},
                 {"uri:spiffe://a.example/ns/*", SanType::uri, "spiffe://a.example/ns/"},
                 {"uri:spiffe://a.example/ns/*", SanType::uri, "spiffe://a.example/nsx/y"},
                 {"uri:spiffe://a.example/*", SanType::uri, "spiffe://a.example.evil/x"},
                 {"uri:spiffe://a.example/*", SanType::uri, "http://x/spiffe://a.example/x"},
             }))
            CPPUNIT_ASSERT_MESSAGE(described(one), !matches(one));
    }

    void folds_the_case_of_mail_domains_behind_a_star()
    {
        // The star may stand for the "@" too.
        for (const auto &one : std::to_array<Case>({
                 {"email:*.Example.com", SanType::email, "alice@mail.example.com"},
                 {"email:*.example.com", SanType::email, "alice@mail.EXAMPLE.com"},
                 {"email:*.Example.com", SanType::email, "alice@mail.Example.com"},
             }))
            CPPUNIT_ASSERT_MESSAGE(described(one), matches(one));
    }

    void compares_addresses_by_value()
    {
        for (const char *pattern :
             {"ip:2001:db8::1", "ip:2001:0DB8:0:0:0:0:0:1", "ip:2001:db8:0:0::1"})
            CPPUNIT_ASSERT_MESSAGE(pattern, matches({pattern, SanType::ip, "2001:db8::1"}));
        CPPUNIT_ASSERT(!matches({"ip:::1", SanType::ip, "::2"}));
        CPPUNIT_ASSERT(!matches({"ip:::ffff:192.0.2.1", SanType::ip, "192.0.2.1"}));
    }

    void never_matches_a_name_that_is_not_usable()
    {
        for (const char *text : {"uri:a", "uri:*"}) {
            const auto pattern = SanPattern::parse(text);
            CPPUNIT_ASSERT(pattern->matches({SanType::uri, "a", true}));
            CPPUNIT_ASSERT(!pattern->matches({SanType::uri, "a", false}));
        }
    }

    void never_matches_another_kind_of_name()
    {
        const std::string text = "192.0.2.1";
        const auto types =
            std::to_array<std::pair<const char *, SanType>>({{"email:", SanType::email},
                                                             {"dns:", SanType::dns},
                                                             {"uri:", SanType::uri},
                                                             {"ip:", SanType::ip},
                                                             {"upn:", SanType::upn}});
        for (const auto &[prefix, own] : types)
            for (const auto type : {SanType::email, SanType::dns, SanType::uri, SanType::ip,
                                    SanType::upn, SanType::dns_srv})
                CPPUNIT_ASSERT_EQUAL(type == own,
                                     SanPattern::parse(prefix + text)->matches({type, text, true}));
    }

    void refuses_to_parse_what_it_cannot_compare()
    {
        for (const auto &text : {""s,
                                 "alice@example.com"s,
                                 ":x"s,
                                 "mail:x"s,
                                 "EMAIL:x"s,
                                 " email:x"s,
                                 "email :x"s,
                                 "dnssrv:x"s,
                                 "dns_srv:x"s,
                                 "email:"s,
                                 "dns:a*"s,
                                 "dns:www.*.com"s,
                                 "dns:**"s,
                                 "dns:*.*.com"s,
                                 "email:a@*"s,
                                 "uri:*/*"s,
                                 "uri:spiffe://a/b*"s,
                                 "uri:a/**"s,
                                 "dns:a/*"s,
                                 "ip:"s,
                                 "ip:*"s,
                                 "ip:192.0.2.*"s,
                                 "ip:*.0.2.1"s,
                                 "ip:192.0.2"s,
                                 "ip:192.0.2.256"s,
                                 "ip:192.0.2.0/24"s,
                                 "ip:example.com"s,
                                 "ip: 192.0.2.1"s,
                                 "ip:1.2.3.4 "s,
                                 "ip:[::1]"s,
                                 "ip:fe80::1%lo"s,
                                 "ip:1.2.3.4\0x"s})
            CPPUNIT_ASSERT_MESSAGE(text, !SanPattern::parse(text));
    }

    void says_what_is_wrong_with_a_pattern()
    {
        CPPUNIT_ASSERT_EQUAL("\"x\" has no type: TYPE:VALUE is expected, such as "
                             "email:alice@example.com or dns:*.example.com"s,
                             SanPattern::parse("x").error());
        CPPUNIT_ASSERT_EQUAL(
            "\"mail\" is no kind of alternative name: email, dns, uri, ip and upn are"s,
            SanPattern::parse("mail:x").error());
        CPPUNIT_ASSERT_EQUAL("\"dns:\" has no value behind the colon"s,
                             SanPattern::parse("dns:").error());
        CPPUNIT_ASSERT_EQUAL(
            "\"dns:a*\" has a '*' that is not its first character, nor the last one "
            "behind a '/' of a uri"s,
            SanPattern::parse("dns:a*").error());
        CPPUNIT_ASSERT_EQUAL("\"ip:x\" has no IPv4 or IPv6 address behind the colon"s,
                             SanPattern::parse("ip:x").error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SanPatternTest);

}  // namespace

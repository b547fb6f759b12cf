// SPDX-License-Identifier: Apache-2.0
// Scopes of CRLs and distribution points of certificates (RFC 5280, 6.3.3 (b) to (e)).
#include "revocations.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Crl;
using test::element;
using test::now;
using test::Party;
using test::reason;
using test::scope_at;

std::string uri(const std::string &text)
{
    return element(0x86, text);
}

/// Fields of a DistributionPoint.
std::string full_name(const std::string &names)
{
    return element(0xa0, element(0xa0, names));
}
std::string relative_name(const std::string &common_name)
{
    return element(
        0xa0, element(0xa1, element(0x30, "\x06\x03\x55\x04\x03" + element(0x0c, common_name))));
}
std::string reasons(const std::string &bits)
{
    return element(0x81, bits);
}
std::string crl_issuer(const Party &party)
{
    return element(0xa2, party.directory_name());
}

std::string points(std::initializer_list<std::string> points)
{
    std::string contents;
    for (const auto &point : points)
        contents += element(0x30, point);
    return element(0x30, contents);
}

/// keyCompromise (1) and cACompromise (2), as a BIT STRING.
const char *const compromise_bits = "\x05\x60";
constexpr ReasonSet compromise = 0x06;

CrlScope scope_of_reasons(ReasonSet reasons)
{
    CrlScope scope;
    scope.reasons = reasons;
    scope.der = std::to_string(reasons);
    return scope;
}

class RevocationScopeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RevocationScopeTest);
    CPPUNIT_TEST(tells_users_from_authorities);
    CPPUNIT_TEST(has_no_use_for_attribute_certificates);
    CPPUNIT_TEST(takes_a_crl_without_name_for_all_certificates);
    CPPUNIT_TEST(takes_a_crl_with_a_name_for_those_that_name_it);
    CPPUNIT_TEST(compares_directory_names_as_names);
    CPPUNIT_TEST(completes_relative_names);
    CPPUNIT_TEST(takes_the_issuers_name_for_a_point_of_every_certificate);
    CPPUNIT_TEST(needs_all_reasons);
    CPPUNIT_TEST(counts_the_reasons_of_the_certificates_points);
    CPPUNIT_TEST(needs_all_reasons_up_to_date);
    CPPUNIT_TEST(keeps_crls_of_different_scope_apart);
    CPPUNIT_TEST(takes_indirect_crls_where_the_certificate_says_so);
    CPPUNIT_TEST(tells_issuers_apart_in_indirect_crls);
    CPPUNIT_TEST(matches_the_crl_issuer_where_the_point_has_no_name);
    CPPUNIT_TEST(takes_a_malformed_extension_for_none);
    CPPUNIT_TEST(takes_too_many_points_for_none);
    CPPUNIT_TEST(survives_damaged_extensions);
    CPPUNIT_TEST_SUITE_END();

    const Party root_{"Root"};
    const Party lister_{"Lister"};

    VerifiedChain chain(const std::string &crl_points = {}) const
    {
        return {{root_.issued("a", crl_points)}, root_.key};
    }
    VerifiedChain ca_chain() const { return {{root_.issued_ca("a")}, root_.key}; }

    Crl crl(CrlScope scope, std::vector<test::Entry> entries = {}) const
    {
        Crl crl{root_, std::move(entries)};
        crl.scope = std::move(scope);
        return crl;
    }

    /// Of the lister, which belongs to the same anchor.
    Crl indirect(std::vector<test::Entry> entries = {}, std::vector<std::string> names = {}) const
    {
        Crl crl{lister_, std::move(entries)};
        crl.scope = scope_at(std::move(names));
        crl.scope.indirect = true;
        crl.anchors = {root_.key};
        return crl;
    }

    void tells_users_from_authorities()
    {
        CrlScope users;
        users.only_user_certs = true;
        CrlScope authorities;
        authorities.only_ca_certs = true;
        const std::vector<test::Entry> entries{{"a"}};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(), {crl(users, entries)}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {crl(authorities, entries)}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(ca_chain(), {crl(users, entries)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(ca_chain(), {crl(authorities, entries)}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(), {crl(users)}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(ca_chain(), {crl(authorities)}));
    }

    void has_no_use_for_attribute_certificates()
    {
        CrlScope scope;
        scope.only_attribute_certs = true;
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {crl(scope, {{"a"}})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(ca_chain(), {crl(scope, {{"a"}})}));
    }

    void takes_a_crl_without_name_for_all_certificates()
    {
        const auto point = points({full_name(uri("http://a/1"))});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(point), {crl({})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(point), {crl({}, {{"a"}})}));
    }

    void takes_a_crl_with_a_name_for_those_that_name_it()
    {
        const auto first = uri("http://a/1");
        const auto second = uri("http://a/2");
        const auto named = points({full_name(uri("ldap://b") + first), full_name(uri("x"))});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(named), {crl(scope_at({second, first}))}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(named), {crl(scope_at({second}))}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {crl(scope_at({first}))}));
        CPPUNIT_ASSERT_EQUAL(
            "crl-missing"s, reason(chain(points({reasons("\x05\x60")})), {crl(scope_at({first}))}));
        // What lists the serial is the shard of another certificate.
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(named), {crl(scope_at({first})),
                                                            crl(scope_at({second}), {{"a"}})}));
    }

    void compares_directory_names_as_names()
    {
        const auto point = points({full_name(Party{"crl  ONE"}.directory_name())});
        CPPUNIT_ASSERT_EQUAL(
            "none"s, reason(chain(point), {crl(scope_at({Party{"CRL one"}.directory_name()}))}));
        CPPUNIT_ASSERT_EQUAL(
            "crl-missing"s,
            reason(chain(point), {crl(scope_at({Party{"CRL two"}.directory_name()}))}));
    }

    void completes_relative_names()
    {
        const auto whole = test::der_of(test::name_of({{"CN", "Root"}, {"CN", "One"}}));
        const auto scope = scope_at({element(0xa4, whole)});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(points({relative_name("one")})), {crl(scope)}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain(points({relative_name("two")})), {crl(scope)}));
        const auto long_name = std::string(150, 'n');
        const auto longer = element(
            0xa4, element(0x30, root_.subject.substr(2) +
                                    element(0x31, element(0x30, "\x06\x03\x55\x04\x03" +
                                                                    element(0x0c, long_name)))));
        CPPUNIT_ASSERT_EQUAL(
            "none"s, reason(chain(points({relative_name(long_name)})), {crl(scope_at({longer}))}));
        // Relative to the cRLIssuer where there is one.
        const auto lists = test::der_of(test::name_of({{"CN", "Lister"}, {"CN", "One"}}));
        const auto point = points({relative_name("One") + crl_issuer(lister_)});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(point), {indirect({}, {element(0xa4, lists)})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain(point), {indirect({}, {element(0xa4, whole)})}));
    }

    void takes_the_issuers_name_for_a_point_of_every_certificate()
    {
        const auto scope = scope_at({uri("x"), Party{"ROOT"}.directory_name()});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(), {crl(scope)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s,
                             reason(chain(points({full_name(uri("y"))})), {crl(scope, {{"a"}})}));
    }

    void needs_all_reasons()
    {
        const auto one = scope_of_reasons(compromise);
        const auto rest = scope_of_reasons(all_reasons & ~compromise);
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {crl(one)}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {crl(rest)}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(), {crl(one), crl(rest)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(), {crl(one, {{"a"}}), crl(rest)}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(), {crl(one), crl(rest, {{"a"}})}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(), {crl(one, {{"a"}})}));
    }

    void counts_the_reasons_of_the_certificates_points()
    {
        const auto first = uri("1");
        const auto second = uri("2");
        const auto some = points({full_name(first) + reasons(compromise_bits)});
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(some), {crl(scope_at({first}))}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(some), {crl(scope_at({first}), {{"a"}})}));
        const auto both = points({full_name(first) + reasons(compromise_bits),
                                  full_name(second) + reasons("\x07\x1f\x80"s)});
        CPPUNIT_ASSERT_EQUAL(
            "none"s, reason(chain(both), {crl(scope_at({first})), crl(scope_at({second}))}));
        const auto gap = points({full_name(first) + reasons(compromise_bits),
                                 full_name(second) + reasons("\x07\x1f\0"s)});
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain(gap), {crl(scope_at({first})), crl(scope_at({second}))}));
        // A CRL for more reasons than its point tells no more than the point.
        auto scope = scope_at({first});
        scope.reasons = all_reasons & ~compromise;
        CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                             reason(chain(both), {crl(scope), crl(scope_at({second}))}));
    }

    void needs_all_reasons_up_to_date()
    {
        auto one = crl(scope_of_reasons(compromise));
        const auto rest = crl(scope_of_reasons(all_reasons & ~compromise));
        one.next_update = now();
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain(), {one, rest}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(), {one, crl({})}));
        // What has been there before goes before what has never been.
        RevocationPolicy policy;
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain(), {one}, policy));
        policy.missing_allowed = true;
        CPPUNIT_ASSERT_EQUAL("crl-expired"s, reason(chain(), {one}, policy));
    }

    void keeps_crls_of_different_scope_apart()
    {
        auto users = crl({}, {{"a"}});
        users.scope.only_user_certs = true;
        users.scope.der = "users";
        Crl newer{root_, {}, "\7"};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(), {users, newer}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(ca_chain(), {users, newer}));
    }

    void takes_indirect_crls_where_the_certificate_says_so()
    {
        const auto point = points({full_name(uri("x")) + crl_issuer(lister_)});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(point), {indirect()}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(point), {indirect({{"a", root_.id}})}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(point), {indirect({}, {uri("x")})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(point), {indirect({}, {uri("y")})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(), {indirect({{"a", root_.id}})}));
        const auto other = points({full_name(uri("x")) + crl_issuer(Party{"Other"})});
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(other), {indirect()}));
        // The certificate's own issuer needs not be indirect.
        const auto own = points({full_name(uri("x")) + crl_issuer(root_)});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(own), {crl(scope_at({uri("x")}))}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(point), {crl(scope_at({uri("x")}))}));
        // It does not say itself that it is indirect.
        auto direct = indirect();
        direct.scope.indirect = false;
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(point), {direct}));
    }

    void tells_issuers_apart_in_indirect_crls()
    {
        const auto point = points({full_name(uri("x")) + crl_issuer(lister_)});
        CPPUNIT_ASSERT_EQUAL("none"s,
                             reason(chain(point), {indirect({{"a"}, {"a", Party{"Other"}.id}})}));
        // What the CRL's own issuer has issued.
        auto own = indirect({{"a"}});
        const VerifiedChain listers{{lister_.issued("a")}, root_.key};
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(listers, {own}));
        CPPUNIT_ASSERT_EQUAL("none"s, reason(listers, {indirect({{"a", root_.id}})}));
    }

    void matches_the_crl_issuer_where_the_point_has_no_name()
    {
        const auto point = points({crl_issuer(lister_)});
        CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(point), {indirect()}));
        CPPUNIT_ASSERT_EQUAL(
            "none"s, reason(chain(point), {indirect({}, {Party{"LISTER"}.directory_name()})}));
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(point), {indirect({}, {uri("x")})}));
    }

    void takes_a_malformed_extension_for_none()
    {
        const auto good = points({full_name(uri("x"))});
        const auto malformed = std::to_array<std::string>(
            {good + '\0', good.substr(0, good.size() - 1), element(0x31, good.substr(2)),
             points({full_name(uri("x")), "\x82\1x"}), points({full_name(uri("x")) + "\x86\1x"}),
             points({full_name("")}), points({full_name(uri("x")), element(0xa0, uri("x"))})});
        for (const auto &extension : malformed) {
            CPPUNIT_ASSERT_EQUAL("crl-missing"s,
                                 reason(chain(extension), {crl(scope_at({uri("x")}))}));
            CPPUNIT_ASSERT_EQUAL("none"s, reason(chain(extension), {crl({})}));
        }
    }

    void takes_too_many_points_for_none()
    {
        std::string contents;
        for (int n = 0; n < 63; ++n)
            contents += element(0x30, full_name(uri("other")));
        contents += element(0x30, full_name(uri("x")));
        const auto listing = crl(scope_at({uri("x")}), {{"a"}});
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(element(0x30, contents)), {listing}));
        contents += element(0x30, full_name(uri("other")));
        const auto too_many = element(0x30, contents);
        CPPUNIT_ASSERT_EQUAL("crl-missing"s, reason(chain(too_many), {listing}));
        CPPUNIT_ASSERT_EQUAL("revoked"s, reason(chain(too_many), {crl({}, {{"a"}})}));
    }

    void survives_damaged_extensions()
    {
        test::Chance chance{1};
        const auto good =
            points({full_name(uri("x") + root_.directory_name()),
                    relative_name("One") + reasons(compromise_bits),
                    full_name(uri("y")) + reasons(compromise_bits) + crl_issuer(lister_)});
        const auto whole = test::der_of(test::name_of({{"CN", "Root"}, {"CN", "One"}}));
        const auto index = test::index_of({crl(scope_at({uri("z"), element(0xa4, whole)})),
                                           indirect({{"a", root_.id}}, {uri("y")})});
        int revoked = 0;
        for (int i = 0; i < 20000; ++i) {
            auto extension =
                good.substr(0, chance.one_in(3) ? chance.below(good.size()) : good.npos);
            for (std::size_t n = chance.below(3); n > 0 && !extension.empty(); --n)
                extension[chance.below(extension.size())] = static_cast<char>(chance.below(256));
            const auto found = check_revocation(chain(extension), *index, {}, now()).reason;
            CPPUNIT_ASSERT(found == Reason::revoked || found == Reason::crl_missing ||
                           found == Reason::none);
            revoked += found == Reason::revoked ? 1 : 0;
        }
        CPPUNIT_ASSERT(revoked > 1000);
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RevocationScopeTest);

}  // namespace

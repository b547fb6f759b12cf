// SPDX-License-Identifier: Apache-2.0
// What the core tells beside its verdicts, for those who want to know why.
#include "clients.hh"
#include "revocations.hh"
#include "trusts.hh"

#include <clientcert/advice.hh>
#include <clientcert/certificate_file.hh>
#include <clientcert/variable.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::authority;
using test::Builder;
using test::Crl;
using test::evidence_of;
using test::Identity;
using test::now;
using test::Party;
using test::settings;
using test::trust_in;
using Says = CrlOpinion::Says;

class ExplanationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ExplanationTest);
    CPPUNIT_TEST(shows_the_chain_that_was_built);
    CPPUNIT_TEST(shows_the_certificate_with_the_problem);
    CPPUNIT_TEST(names_the_authorities);
    CPPUNIT_TEST(tells_nobody_of_what_is_merely_supposed);
    CPPUNIT_TEST(shows_what_each_crl_says_of_each_certificate);
    CPPUNIT_TEST(shows_crls_that_do_not_count);
    CPPUNIT_TEST(decides_the_same_whether_it_explains_or_not);
    CPPUNIT_TEST(reads_certificates_in_memory);
    CPPUNIT_TEST(names_the_variables_that_a_client_has);
    CPPUNIT_TEST(has_advice_for_every_reason);
    CPPUNIT_TEST_SUITE_END();

    Identity root_ = authority("Root");
    Identity middle_ = Builder{}.subject("CN", "Middle").authority().issued_by(root_);
    Identity bob_ = Builder{}.subject("CN", "Bob").issued_by(middle_);

    static std::vector<std::string> subjects(const std::vector<Certificate> &certificates)
    {
        std::vector<std::string> names;
        for (const auto &one : certificates)
            names.push_back(rfc4514(one.subject()));
        return names;
    }

    void shows_the_chain_that_was_built()
    {
        VerificationTrace trace;
        static_cast<void>(trust_in({root_}).verify(evidence_of(bob_, {middle_}), now(), &trace));
        CPPUNIT_ASSERT(subjects(trace.chain) == (std::vector{"CN=Bob"s, "CN=Middle"s, "CN=Root"s}));
        CPPUNIT_ASSERT_EQUAL(""s, trace.problem);
    }

    void shows_the_certificate_with_the_problem()
    {
        const auto old = Builder{}
                             .subject("CN", "Old")
                             .authority()
                             .valid(test::day(2020, 1, 1), test::day(2021, 1, 1))
                             .issued_by(root_);
        const auto leaf = Builder{}.subject("CN", "Leaf").issued_by(old);
        VerificationTrace trace;
        static_cast<void>(trust_in({root_}).verify(evidence_of(leaf, {old}), now(), &trace));
        CPPUNIT_ASSERT_EQUAL("certificate has expired"s, trace.problem);
        CPPUNIT_ASSERT_EQUAL(1UL, trace.depth);
        CPPUNIT_ASSERT_EQUAL("CN=Old"s, subjects(trace.chain).at(trace.depth));
        VerificationTrace lost;
        static_cast<void>(trust_in({root_}).verify(evidence_of(bob_), now(), &lost));
        CPPUNIT_ASSERT_EQUAL("unable to get local issuer certificate"s, lost.problem);
        CPPUNIT_ASSERT(subjects(lost.chain) == std::vector{"CN=Bob"s});
    }

    void names_the_authorities()
    {
        const auto names = subjects(trust_in({root_, middle_}).authorities());
        CPPUNIT_ASSERT((std::set<std::string>{names.begin(), names.end()}) ==
                       (std::set{"CN=Root"s, "CN=Middle"s}));
    }

    void tells_nobody_of_what_is_merely_supposed()
    {
        int told = 0;
        Trust::Settings tells = settings(5);
        tells.revocation.emplace();
        tells.on_verified = [&](const stack_st_X509 &, const VerifiedChain &) { ++told; };
        const Trust trust = trust_in({root_}, tells);
        Evidence evidence = evidence_of(bob_, {middle_});
        evidence.hypothetical = true;
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, trust.verify(evidence, now()).x509_error);
        CPPUNIT_ASSERT_EQUAL(0, told);
        evidence.hypothetical = false;
        CPPUNIT_ASSERT_EQUAL(X509_V_OK, trust.verify(evidence, now()).x509_error);
        CPPUNIT_ASSERT_EQUAL(1, told);
    }

    const Party top_{"Top"};
    const Party below_{"Below"};
    const VerifiedChain chain_{{below_.issued("a"), top_.issued_ca("m")}, top_.key};

    RevocationTrace opinions(const std::vector<Crl> &crls, Time at = now()) const
    {
        RevocationTrace trace;
        static_cast<void>(check_revocation(chain_, *test::index_of(crls), {}, at, &trace));
        return trace;
    }

    void shows_what_each_crl_says_of_each_certificate()
    {
        const auto trace = opinions({{top_, {{"m"}}}, {below_, {}, "\x12"}});
        CPPUNIT_ASSERT_EQUAL(2UL, trace.size());
        const auto &leaf = trace[0].crls.at(0);
        CPPUNIT_ASSERT(trace[0].reason == Reason::none && leaf.says == Says::not_listed);
        CPPUNIT_ASSERT_EQUAL("CN=Below 18 file"s,
                             leaf.issuer + ' ' + leaf.number + ' ' + leaf.source);
        CPPUNIT_ASSERT(leaf.next_update == test::tomorrow() && !leaf.expired && !leaf.entry);
        const auto &ca = trace[1].crls.at(0);
        CPPUNIT_ASSERT(trace[1].reason == Reason::revoked && ca.says == Says::revoked && ca.entry);
        const auto missing = opinions({{top_}});
        CPPUNIT_ASSERT(missing[0].reason == Reason::crl_missing && missing[0].crls.empty());
    }

    void shows_crls_that_do_not_count()
    {
        const auto late = opinions({{top_}, {below_}}, test::tomorrow());
        CPPUNIT_ASSERT(late[0].reason == Reason::crl_expired && late[0].crls.at(0).expired);
        CrlScope authorities;
        authorities.only_ca_certs = true;
        const Party pretender{"Below", "another key"};
        auto crls = std::vector<Crl>{{top_}, {below_}, {pretender, {{"a"}}}};
        crls.at(1).scope = authorities;
        const auto trace = opinions(crls);
        std::set<Says> said;
        for (const auto &one : trace.at(0).crls)
            said.insert(one.says);
        CPPUNIT_ASSERT((said == std::set{Says::other_scope, Says::not_believed}));
        CPPUNIT_ASSERT(trace[0].reason == Reason::crl_missing);
    }

    void decides_the_same_whether_it_explains_or_not()
    {
        for (const auto &crls :
             {std::vector<Crl>{{top_}, {below_}}, std::vector<Crl>{{top_, {{"m"}}}, {below_}},
              std::vector<Crl>{{below_, {{"a"}}}}, std::vector<Crl>{}}) {
            RevocationTrace trace;
            const auto index = test::index_of(crls);
            CPPUNIT_ASSERT(check_revocation(chain_, *index, {}, now(), &trace) ==
                           check_revocation(chain_, *index, {}, now()));
        }
    }

    void reads_certificates_in_memory()
    {
        const auto read = certificates_of(bob_.certificate.pem() + middle_.certificate.pem());
        CPPUNIT_ASSERT(subjects(*read) == (std::vector{"CN=Bob"s, "CN=Middle"s}));
        CPPUNIT_ASSERT_EQUAL("there is none in what was sent"s, certificates_of("").error());
        const std::string der = bob_.certificate.der();
        CPPUNIT_ASSERT_EQUAL(1UL, certificates_of(der)->size());
        for (std::size_t size = 2; size < der.size(); ++size)
            CPPUNIT_ASSERT(!certificates_of(der.substr(0, size)));
        CPPUNIT_ASSERT(!certificates_of(der + der));
        auto damaged = bob_.certificate.pem();
        damaged.replace(60, 4, "!!!!");
        CPPUNIT_ASSERT_EQUAL("certificate 1 of what was sent is damaged"s,
                             certificates_of(damaged).error());
    }

    void names_the_variables_that_a_client_has()
    {
        const auto client = test::client_with(
            Builder{}.subject("O", "x").subject("OU", "one").subject("OU", "two").certificate());
        const auto names = Variable::ssl_names_for(*client);
        const std::set<std::string> all{names.begin(), names.end()};
        for (const auto *name : {"VERIFY", "S_DN", "S_DN_O", "S_DN_OU", "S_DN_OU_1", "CERT"})
            CPPUNIT_ASSERT_MESSAGE(name, all.contains("SSL_CLIENT_"s + name));
        CPPUNIT_ASSERT(!all.contains("SSL_CLIENT_S_DN_OU_2") &&
                       !all.contains("SSL_CLIENT_S_DN_O_0"));
        for (const auto &name : names)
            CPPUNIT_ASSERT_MESSAGE(name, !Variable::named(name)->value(*client).empty());
        CPPUNIT_ASSERT(Variable::ssl_names_for(*test::nobody()) ==
                       std::vector{"SSL_CLIENT_VERIFY"s});
    }

    void has_advice_for_every_reason()
    {
        for (int i = 0; i <= static_cast<int>(Reason::error); ++i) {
            const auto advice = advice_on(static_cast<Reason>(i), Verdict::State::success);
            CPPUNIT_ASSERT(!advice.heading.empty() && !advice.meaning.empty());
            CPPUNIT_ASSERT(advice.todo.size() > 20);
            const bool usual =
                advice.heading == advice_on(Reason::none, Verdict::State::success).heading;
            CPPUNIT_ASSERT_EQUAL(i == static_cast<int>(Reason::none), usual);
        }
        const auto nobody = advice_on(Reason::rule, Verdict::State::none);
        CPPUNIT_ASSERT(nobody.heading != advice_on(Reason::rule, Verdict::State::success).heading);
        CPPUNIT_ASSERT(nobody.heading == advice_on(Reason::none, Verdict::State::none).heading);
        const auto asked = advice_on(Reason::password, Verdict::State::none);
        CPPUNIT_ASSERT(asked.heading != nobody.heading);
        CPPUNIT_ASSERT(asked.meaning.find("certificate is good") == asked.meaning.npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExplanationTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "formats.hh"

#include <clientcert/field_name.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::all_written;
using test::client_with;

Evidence evidence()
{
    Evidence evidence;
    evidence.leaf = test::certificate_of_file("rfc9440/leaf.pem");
    evidence.chain = {test::certificate_of_file("rfc9440/intermediate.pem"),
                      test::certificate_of_file("rfc9440/root.pem")};
    return evidence;
}

class HeaderFormatTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HeaderFormatTest);
    CPPUNIT_TEST(writes_the_fields_of_rfc_9440);
    CPPUNIT_TEST(writes_them_of_a_resumed_session_too);
    CPPUNIT_TEST(leaves_an_empty_chain_out);
    CPPUNIT_TEST(writes_nothing_of_a_certificate_unless_it_is_valid);
    CPPUNIT_TEST(can_be_read_where_a_proxy_may_be_in_front);
    CPPUNIT_TEST(is_found_by_its_name);
    CPPUNIT_TEST(has_fields_that_may_be_set);
    CPPUNIT_TEST(names_the_fields_that_vary_may_not_name);
    CPPUNIT_TEST(says_whether_sessions_have_to_carry_the_chain);
    CPPUNIT_TEST_SUITE_END();

    void writes_the_fields_of_rfc_9440()
    {
        const auto client = client_with(evidence());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert.txt"),
                             test::written("rfc9440", "Client-Cert", *client).value());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert-chain.txt"),
                             test::written("rfc9440", "Client-Cert-Chain", *client).value());
    }

    void writes_them_of_a_resumed_session_too()
    {
        Evidence first = evidence();
        first.verification = Verification{};
        const auto client = client_with(resumed_evidence(*first.leaf, session_data(first, true)));
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert.txt"),
                             test::written("rfc9440", "Client-Cert", *client).value());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert-chain.txt"),
                             test::written("rfc9440", "Client-Cert-Chain", *client).value());
    }

    void leaves_an_empty_chain_out()
    {
        Evidence alone = evidence();
        alone.chain.clear();
        const auto client = client_with(std::move(alone));
        CPPUNIT_ASSERT(test::written("rfc9440", "Client-Cert", *client));
        CPPUNIT_ASSERT(!test::written("rfc9440", "Client-Cert-Chain", *client));
    }

    /// Fields that tell the state are all there is then.
    void writes_nothing_of_a_certificate_unless_it_is_valid()
    {
        const std::set<std::string_view> of_state{
            "X-SSL",
            "X-SSL-Client-Verify",
            "SSLClientCertStatus",
            "X-Forwarded-Clientcert-clientverify",
            "X-WebMux-SSL-termination",
            "X-WebMux-SSL-Client",
            "X-WebMux-SSL-Client-Verify",
        };
        Evidence nobody;
        nobody.source = "tls";
        for (const auto &format : header_formats())
            for (const auto &field : format.fields) {
                const auto bad = field.write(*client_with(evidence(), test::revoked));
                CPPUNIT_ASSERT(!bad || of_state.contains(field.name));
                CPPUNIT_ASSERT(bad == field.write(*client_with(nobody, test::revoked)));
                const auto none = field.write(*client_with(evidence(), Verdict{}));
                CPPUNIT_ASSERT(!none || of_state.contains(field.name));
                CPPUNIT_ASSERT(none == field.write(*client_with(nobody, Verdict{})));
            }
    }

    void can_be_read_where_a_proxy_may_be_in_front()
    {
        CPPUNIT_ASSERT_EQUAL("rfc9440, xfcc, nginx, haproxy, traefik, aws"s,
                             header_format_names(true));
        for (const auto &format : header_formats()) {
            if (format.reader == nullptr)
                continue;
            std::set<std::string_view> names;
            for (const auto name : format.reader->fields)
                CPPUNIT_ASSERT(field_name(name) && names.insert(name).second);
            CPPUNIT_ASSERT_EQUAL(format.name == "xfcc", format.reader->has_hops);
        }
    }

    void is_found_by_its_name()
    {
        std::string names;
        for (const auto &format : header_formats()) {
            CPPUNIT_ASSERT(header_format(format.name) == &format);
            CPPUNIT_ASSERT(!format.about.empty());
            (names += names.empty() ? "" : ", ") += format.name;
        }
        CPPUNIT_ASSERT_EQUAL(names, header_format_names());
        CPPUNIT_ASSERT_EQUAL("rfc9440, xfcc, nginx, haproxy, traefik, aws, f5, elb, webmux"s,
                             names);
        for (const auto *name : {"", "RFC9440", "rfc9440 ", "none"})
            CPPUNIT_ASSERT(header_format(name) == nullptr);
    }

    void has_fields_that_may_be_set()
    {
        for (const auto &format : header_formats()) {
            std::set<std::string_view> names;
            for (const auto &field : format.fields) {
                CPPUNIT_ASSERT(field_name(field.name));
                CPPUNIT_ASSERT(names.insert(field.name).second);
            }
            CPPUNIT_ASSERT(!names.empty());
        }
    }

    void names_the_fields_that_vary_may_not_name()
    {
        for (const auto &format : header_formats())
            for (const auto &field : format.fields)
                CPPUNIT_ASSERT_EQUAL(format.name == "rfc9440", field.vary);
    }

    void says_whether_sessions_have_to_carry_the_chain()
    {
        const auto alone = test::rfc9440_client();
        const auto with_chain = test::rfc9440_client({test::rfc9440_intermediate()});
        for (const auto &format : header_formats())
            CPPUNIT_ASSERT_EQUAL(all_written(format, *alone) != all_written(format, *with_chain),
                                 format.needs_chain);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HeaderFormatTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "clients.hh"

#include <clientcert/field_name.hh>
#include <clientcert/header_format.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <set>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::client_with;

std::optional<std::string> written(const char *field, const Client &client)
{
    for (const auto &one : header_format("rfc9440")->fields)
        if (one.name == field)
            return one.write(client);
    CPPUNIT_FAIL("no field "s + field);
    return std::nullopt;
}

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
    CPPUNIT_TEST(writes_nothing_unless_the_certificate_is_valid);
    CPPUNIT_TEST(is_found_by_its_name);
    CPPUNIT_TEST(has_fields_that_may_be_set);
    CPPUNIT_TEST(names_the_fields_that_vary_may_not_name);
    CPPUNIT_TEST_SUITE_END();

    void writes_the_fields_of_rfc_9440()
    {
        const auto client = client_with(evidence());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert.txt"),
                             written("Client-Cert", *client).value());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert-chain.txt"),
                             written("Client-Cert-Chain", *client).value());
    }

    void writes_them_of_a_resumed_session_too()
    {
        Evidence first = evidence();
        first.verification = Verification{};
        const auto client = client_with(resumed_evidence(*first.leaf, session_data(first, true)));
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert.txt"),
                             written("Client-Cert", *client).value());
        CPPUNIT_ASSERT_EQUAL(test::contents_of("rfc9440/client-cert-chain.txt"),
                             written("Client-Cert-Chain", *client).value());
    }

    void leaves_an_empty_chain_out()
    {
        Evidence alone = evidence();
        alone.chain.clear();
        const auto client = client_with(std::move(alone));
        CPPUNIT_ASSERT(written("Client-Cert", *client));
        CPPUNIT_ASSERT(!written("Client-Cert-Chain", *client));
    }

    void writes_nothing_unless_the_certificate_is_valid()
    {
        for (const auto &format : header_formats())
            for (const auto &field : format.fields) {
                CPPUNIT_ASSERT(!field.write(*client_with(evidence(), test::revoked)));
                CPPUNIT_ASSERT(!field.write(*client_with(evidence(), Verdict{})));
                CPPUNIT_ASSERT(!field.write(*test::nobody()));
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
        CPPUNIT_ASSERT(header_format("rfc9440") != nullptr);
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
        const auto *format = header_format("rfc9440");
        CPPUNIT_ASSERT(format->needs_chain);
        for (const auto &field : format->fields)
            CPPUNIT_ASSERT(field.vary);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HeaderFormatTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
// Extensions that make a CRL none.
#include "crls.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

std::string error_with_point(const std::string &value)
{
    return error_with_extensions(extension(distribution_point_oid, value, true));
}

class CrlExtensionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlExtensionsTest);
    CPPUNIT_TEST(refuses_malformed_extensions_of_entries);
    CPPUNIT_TEST(refuses_certificate_issuers_in_other_crls);
    CPPUNIT_TEST(refuses_certificate_issuers_without_one_name);
    CPPUNIT_TEST(refuses_removals_in_other_crls);
    CPPUNIT_TEST(refuses_malformed_extensions);
    CPPUNIT_TEST(refuses_critical_extensions_that_it_does_not_know);
    CPPUNIT_TEST(refuses_malformed_numbers);
    CPPUNIT_TEST(refuses_malformed_scopes);
    CPPUNIT_TEST(refuses_scopes_that_contradict_themselves);
    CPPUNIT_TEST_SUITE_END();

    void refuses_malformed_extensions_of_entries()
    {
        const auto error = [](const std::string &list) {
            return error_with_entry(entry("\x05", list));
        };
        for (const int number : {7, 11, 100, 255})
            assert_says("its entry number 1 has a reasonCode that does not exist",
                        error(reason(number)));
        for (const auto &value :
             {""s, "\x0a\0"s, "\x0a\x02\0\x01"s, "\x02\x01\x01"s, "\x0a\x01\x01\0"s})
            assert_says("a reasonCode that does not exist", error(extension(reason_oid, value)));
        for (const auto &value :
             {""s, utc_time("250101000000Z"), generalized_time("20250230000000Z"),
              generalized_time("20250101000000Z") + "x"})
            assert_says("an invalidityDate that is malformed",
                        error(extension(invalidity_date_oid, value)));
        assert_says("have one type twice", error(reason(1) + reason(1)));
        assert_says("a critical extension (1.2.3.4) that is not known",
                    error(extension(private_oid, "", true)));
        std::string many;
        for (char i = 1; i < 40; ++i)
            many += extension({'\x2a', '\x03', i}, "");
        assert_says("are too many", error(many));
        for (const auto &list : {"garbage"s, sequence(""), sequence(element(0x06, "\x2a")),
                                 sequence(element(0x06, "") + element(0x04, "")),
                                 sequence(element(0x06, "\x2a") + "\x01\x01\x01\x04\0"s),
                                 sequence(element(0x06, "\x2a") + "\x01\0\x04\0"s),
                                 sequence(element(0x06, "\x2a") + "\x04\0\x04\0"s)})
            assert_says("extensions that are malformed", error(list));
    }

    void refuses_certificate_issuers_in_other_crls()
    {
        assert_says("its entries have a certificateIssuer, but it is no indirect CRL",
                    error_with_entry(entry("\x05", certificate_issuer("Other"))));
    }

    void refuses_certificate_issuers_without_one_name()
    {
        const std::string name = element(0xa4, name_of("Other"));
        const std::string mail = element(0x81, "ca@example.com");
        const auto error = [](const std::string &value) {
            return error_with([&](CrlParts &parts) {
                parts.extensions =
                    extension(distribution_point_oid, sequence(element(0x84, "\xff")), true);
                parts.entries = entry("\x05", extension(certificate_issuer_oid, value, true));
            });
        };
        CPPUNIT_ASSERT_EQUAL(""s, error(sequence(mail + name)));
        for (const auto &value : {sequence(""), sequence(mail), sequence(name + name),
                                  sequence(element(0xa4, sequence(""))), sequence("garbage"),
                                  sequence(name.substr(0, 5)), "\x31\0"s})
            assert_says("a certificateIssuer", error(value));
    }

    void refuses_removals_in_other_crls()
    {
        assert_says("removeFromCRL, but it is no delta CRL",
                    error_with_entry(entry("\x05", reason(8))));
    }

    void refuses_malformed_extensions()
    {
        const std::string number = extension(crl_number_oid, integer("\x01"));
        assert_says("its extensions have one type twice", error_with_extensions(number + number));
        assert_says("its extensions are malformed", error_with_extensions("garbage"));
        assert_says("its extensions are an empty list", error_with([](CrlParts &parts) {
                        parts.extensions.clear();
                        parts.updates += sequence(parts.entries) + "\xa0\x02\x30\0"s;
                        parts.entries.clear();
                    }));
        assert_says("its extensions are malformed", error_with([](CrlParts &parts) {
                        parts.extensions.clear();
                        parts.updates += sequence(parts.entries) + "\xa0\0"s;
                        parts.entries.clear();
                    }));
        for (const auto &value :
             {"garbage"s, ""s, sequence(element(0x80, "k")) + "x", "\x30\x80\x80\x01k\0\0"s})
            assert_says("its authorityKeyIdentifier is malformed",
                        error_with_extensions(extension(key_identifier_oid, value)));
    }

    void refuses_critical_extensions_that_it_does_not_know()
    {
        assert_says("it has a critical extension (1.2.3.4) that is not known",
                    error_with_extensions(extension(private_oid, "", true)));
        assert_says("a critical extension (2.5.29.46)",
                    error_with_extensions(extension("\x2e", "\x30\0"s, true)));
        assert_says("a critical extension (of a malformed type)",
                    error_with_extensions(extension("\x80\x80", "", true)));
        assert_says("a critical extension (of a malformed type)",
                    error_with_extensions(extension(std::string(300, '\x81'), "", true)));
    }

    void refuses_malformed_numbers()
    {
        for (const auto &value :
             {""s, integer(""), integer("\x80"), integer("\0\x01"s), integer("\x01") + "x",
              element(0x0a, "\x01"), integer(std::string(21, '\x01'))}) {
            assert_says("its cRLNumber is no number",
                        error_with_extensions(extension(crl_number_oid, value)));
            assert_says("its deltaCRLIndicator is no number",
                        error_with_extensions(extension(delta_oid, value, true)));
        }
        assert_says("it is a delta CRL and has no cRLNumber",
                    error_with_extensions(extension(delta_oid, integer("\x01"), true)));
    }

    void refuses_malformed_scopes()
    {
        const std::string malformed = "its issuingDistributionPoint is malformed";
        for (const auto &value :
             {"garbage"s, ""s, sequence(element(0x81, "\xff")) + "x", "\x30\x80\x81\x01\xff\0\0"s,
              sequence(element(0xa0, element(0xa0, ""))), sequence(element(0xa0, "")),
              sequence(element(0xa0, element(0xa1, ""))), sequence(element(0x87, "\xff"))})
            assert_says(malformed, error_with_point(value));
        assert_says("its issuingDistributionPoint is empty", error_with_point(sequence("")));
        for (const auto &bits : {"\0"s, "\x07\x80"s, "\x07\0"s})
            assert_says("onlySomeReasons without any reason",
                        error_with_point(sequence(element(0x83, bits))));
    }

    void refuses_scopes_that_contradict_themselves()
    {
        for (const auto &[one, other] : {std::pair{0x81, 0x82}, {0x81, 0x85}, {0x82, 0x85}})
            assert_says("its issuingDistributionPoint contradicts itself",
                        error_with_point(sequence(element(one, "\xff") + element(other, "\xff"))));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlExtensionsTest);

}  // namespace

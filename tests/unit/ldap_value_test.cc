// SPDX-License-Identifier: Apache-2.0
#include "core/crl/fetch/ldap_value.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;

/// The value in that answer, which comes in pieces of `size` octets; or the error.
std::string value_in(const std::string &answer, std::size_t size = 1000)
{
    LdapValue value;
    std::string octets;
    bool good = true;
    for (std::size_t at = 0; good && at < answer.size(); at += size)
        good = value.take(std::string_view{answer}.substr(at, size), octets);
    const bool finished = value.finish();
    CPPUNIT_ASSERT_EQUAL(finished, value.error().empty());
    return finished ? octets : value.error();
}

class LdapValueTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LdapValueTest);
    CPPUNIT_TEST(decodes_the_value);
    CPPUNIT_TEST(decodes_all_octets);
    CPPUNIT_TEST(passes_over_text);
    CPPUNIT_TEST(refuses_several_values);
    CPPUNIT_TEST(refuses_an_answer_without_value);
    CPPUNIT_TEST(refuses_what_is_no_base64);
    CPPUNIT_TEST_SUITE_END();

    void decodes_the_value()
    {
        const auto answer =
            "DN: cn=CA: x,o=::x\n\tcertificateRevocationList;binary:: Zm9vYmE=\n\n"s;
        for (std::size_t size = 1; size <= answer.size(); ++size)
            CPPUNIT_ASSERT_EQUAL("fooba"s, value_in(answer, size));
        CPPUNIT_ASSERT_EQUAL("foob"s, value_in("DN: x\n\ta:: Zm9vYg==\n\n"));
        CPPUNIT_ASSERT_EQUAL("foobar"s, value_in("DN: x\n\ta:: Zm9vYmFy\n\n"));
    }

    void decodes_all_octets()
    {
        // RFC 4648, table 1, in order.
        CPPUNIT_ASSERT_EQUAL("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f"s
                             "\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f"s
                             "\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf"s
                             "\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"s,
                             value_in("\ta:: ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
                                      "ghijklmnopqrstuvwxyz0123456789+/\n"));
    }

    void passes_over_text()
    {
        CPPUNIT_ASSERT_EQUAL("foo"s, value_in("DN: x\n\tcn: a:: YmFy\n\ta:: Zm9v\n\tsn: \n\n"));
    }

    void refuses_several_values()
    {
        for (const auto &answer :
             {"DN: x\n\ta:: Zm9v\n\ta:: Zm9v\n\n"s, "DN: x\n\ta:: Zm9v\n\nDN: y\n\ta:: Zm9v\n\n"s})
            CPPUNIT_ASSERT_EQUAL("the LDAP answer has several binary values: the URL should name "
                                 "one entry and one attribute, as in "
                                 "ldap://HOST/DN?certificateRevocationList;binary"s,
                                 value_in(answer));
    }

    void refuses_an_answer_without_value()
    {
        for (const auto &answer : {""s, "DN: x\n\n"s, "DN: x\n\tcn: Zm9v\n\n"s, "a::Zm9v\n"s})
            CPPUNIT_ASSERT_EQUAL("the LDAP answer has no binary value: the URL should name an "
                                 "entry and an attribute, as in "
                                 "ldap://HOST/DN?certificateRevocationList;binary"s,
                                 value_in(answer));
    }

    void refuses_what_is_no_base64()
    {
        for (const char *value : {"Zm9", "Z", "Zm9vY", "Zm9v=", "Z===", "Zg=v",
                                  "Zg==Zg==", "Zg===", "Zm-v", "====", "Zm9=v"})
            CPPUNIT_ASSERT_MESSAGE(
                value,
                value_in("\ta:: "s + value + "\n").starts_with("the LDAP answer has a value"));
        CPPUNIT_ASSERT_EQUAL("the LDAP answer ends within a value"s, value_in("\ta:: Zm9v"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LdapValueTest);

}  // namespace

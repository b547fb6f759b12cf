// SPDX-License-Identifier: Apache-2.0
#include "data.hh"

#include <clientcert/field_name.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Chance;

/// What a gateway makes of a field name (RFC 3875, 4.1.18), for any character that is none of a
/// variable's name.
std::string meta_variable(std::string_view name)
{
    std::string text;
    for (const char c : name) {
        const auto octet = static_cast<unsigned char>(c);
        text +=
            octet < 0x80 && std::isalnum(octet) != 0 ? static_cast<char>(std::toupper(octet)) : '_';
    }
    return text;
}

class FieldNameTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FieldNameTest);
    CPPUNIT_TEST(accepts_names_as_they_are);
    CPPUNIT_TEST(knows_every_character_of_a_token);
    CPPUNIT_TEST(refuses_what_is_no_token);
    CPPUNIT_TEST(refuses_to_begin_with_a_sign);
    CPPUNIT_TEST(refuses_the_fields_that_frame_a_message);
    CPPUNIT_TEST(says_which_name_it_refuses);
    CPPUNIT_TEST(takes_all_that_gateways_take_for_one_name_as_one);
    CPPUNIT_TEST(numbers_a_name_once);
    CPPUNIT_TEST(tells_names_of_any_length_apart);
    CPPUNIT_TEST(agrees_with_a_naive_set_on_random_names);
    CPPUNIT_TEST_SUITE_END();

    void accepts_names_as_they_are()
    {
        for (const auto &name :
             {"X-Client-DN"s, "Client-Cert"s, "x"s, "9"s, "SSL_CLIENT_S_DN"s, "X.Y"s,
              "Authorization"s, "Connection-Id"s, std::string(300, 'x')}) {
            const auto result = field_name(name);
            CPPUNIT_ASSERT_MESSAGE(name, result);
            CPPUNIT_ASSERT_EQUAL(name, *result);
        }
    }

    void knows_every_character_of_a_token()
    {
        // RFC 9110, 5.6.2.
        const std::string signs = "!#$%&'*+-.^_`|~";
        for (int octet = 0; octet < 256; ++octet) {
            const char c = static_cast<char>(octet);
            const bool allowed = (octet < 0x80 && std::isalnum(octet) != 0) ||
                                 (octet != 0 && signs.find(c) != std::string::npos);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(octet), allowed,
                                         static_cast<bool>(field_name("X"s + c + "Y")));
        }
    }

    void refuses_what_is_no_token()
    {
        for (const auto &name : {""s, " "s, "X Y"s, "X:"s, "X-Y:Z"s, "X\r\nY"s, "X\0"s, "X\0Y"s,
                                 "\xc3\xa9"s, "X\t"s, "(X)"s, "X/Y"s, "X=Y"s, "{X}"s})
            CPPUNIT_ASSERT_MESSAGE(name, !field_name(name));
    }

    void refuses_to_begin_with_a_sign()
    {
        for (const auto &name : {"-X"s, "_X"s, ".X"s, "!X"s, "~"s, "-"s})
            CPPUNIT_ASSERT_MESSAGE(name, !field_name(name));
    }

    void refuses_the_fields_that_frame_a_message()
    {
        for (const auto &name :
             {"Connection"s, "Content-Length"s, "Expect"s, "Host"s, "TE"s, "Trailer"s,
              "Transfer-Encoding"s, "Upgrade"s, "Keep-Alive"s, "Proxy-Connection"s, "Content-Type"s,
              "CONNECTION"s, "host"s, "Content_Length"s, "transfer.ENCODING"s})
            CPPUNIT_ASSERT_MESSAGE(name, !field_name(name));
    }

    void says_which_name_it_refuses()
    {
        CPPUNIT_ASSERT_EQUAL("takes the name of a request header, not \"X Y\""s,
                             field_name("X Y").error());
        CPPUNIT_ASSERT_EQUAL("takes the name of a request header that begins with a letter or "
                             "digit, not \"-X\""s,
                             field_name("-X").error());
        CPPUNIT_ASSERT_EQUAL(
            "cannot set \"hOst\": that field frames the message itself; take a name of "
            "your own such as X-Client-DN"s,
            field_name("hOst").error());
    }

    void takes_all_that_gateways_take_for_one_name_as_one()
    {
        FieldNames names;
        names.insert("X-Client-DN");
        for (const auto &name : {"X-Client-DN"s, "x-client-dn"s, "X_CLIENT_DN"s, "x.client_dn"s,
                                 "X!Client~DN"s, "X\xe9"s + "client-DN"s, "X\0Client-DN"s})
            CPPUNIT_ASSERT_MESSAGE(name, names.contains(name));
        for (const auto &name : {""s, "X-Client-D"s, "X-Client-DNS"s, "X--Client-DN"s, "XClientDN"s,
                                 "-X-Client-DN"s, "Y-Client-DN"s, "X-Client-DM"s})
            CPPUNIT_ASSERT_MESSAGE(name, !names.contains(name));
    }

    void numbers_a_name_once()
    {
        FieldNames names;
        CPPUNIT_ASSERT(names.empty());
        names.insert("");
        CPPUNIT_ASSERT(names.empty());
        CPPUNIT_ASSERT_EQUAL(0UL, names.insert("A-B"));
        CPPUNIT_ASSERT_EQUAL(1UL, names.insert("C"));
        CPPUNIT_ASSERT_EQUAL(0UL, names.insert("a_b"));
        CPPUNIT_ASSERT_EQUAL(1UL, names.insert("c"));
        CPPUNIT_ASSERT(!names.empty());
        CPPUNIT_ASSERT((std::vector{"a-b"s, "c"s}) == names.folded());
    }

    void tells_names_of_any_length_apart()
    {
        FieldNames names;
        names.insert(std::string(63, 'x'));
        names.insert(std::string(200, 'x'));
        for (const std::size_t size :
             {1UL, 62UL, 63UL, 64UL, 65UL, 128UL, 199UL, 200UL, 201UL, 70000UL})
            CPPUNIT_ASSERT_EQUAL(size == 63 || size == 200, names.contains(std::string(size, 'X')));
    }

    void agrees_with_a_naive_set_on_random_names()
    {
        Chance chance{3875};
        for (int round = 0; round < 200; ++round) {
            FieldNames names;
            std::set<std::string> naive;
            const auto random_name = [&] {
                return chance.text(chance.below(6), std::string{"aAbB1-_.!~\xe9"});
            };
            for (std::size_t count = chance.below(8); count > 0; --count) {
                const std::string name = random_name();
                names.insert(name);
                if (!name.empty())
                    naive.insert(meta_variable(name));
            }
            CPPUNIT_ASSERT_EQUAL(naive.size(), names.folded().size());
            for (int i = 0; i < 200; ++i) {
                const std::string name = random_name();
                CPPUNIT_ASSERT_EQUAL_MESSAGE(name, naive.contains(meta_variable(name)),
                                             names.contains(name));
            }
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FieldNameTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "pki.hh"

#include <clientcert/verdict.hh>

#include <openssl/x509_vfy.h>

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <set>
#include <string>

namespace {

using namespace clientcert;
using namespace std::string_literals;

/// The last code of OpenSSL 3.0.
constexpr int last_error = X509_V_ERR_EC_KEY_EXPLICIT_PARAMS;

/// What openssl-verification-options(1) and X509_STORE_CTX_get_error(3) say of a code, as a reason.
std::map<int, Reason> expected_reasons()
{
    return {
        {X509_V_OK, Reason::none},
        {X509_V_ERR_CERT_HAS_EXPIRED, Reason::expired},
        {X509_V_ERR_CERT_NOT_YET_VALID, Reason::not_yet_valid},
        {X509_V_ERR_CERT_REVOKED, Reason::revoked},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, Reason::unknown_issuer},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, Reason::unknown_issuer},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, Reason::unknown_issuer},
        {X509_V_ERR_CERT_UNTRUSTED, Reason::unknown_issuer},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, Reason::self_signed},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, Reason::unknown_issuer},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, Reason::bad_signature},
        {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, Reason::bad_signature},
        {X509_V_ERR_INVALID_PURPOSE, Reason::wrong_purpose},
        {X509_V_ERR_INVALID_CA, Reason::wrong_purpose},
        {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, Reason::wrong_purpose},
        {X509_V_ERR_PERMITTED_VIOLATION, Reason::wrong_purpose},
        {X509_V_ERR_EXCLUDED_VIOLATION, Reason::wrong_purpose},
        {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, Reason::malformed},
        {X509_V_ERR_CERT_CHAIN_TOO_LONG, Reason::chain_too_long},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, Reason::chain_too_long},
        {X509_V_ERR_UNABLE_TO_GET_CRL, Reason::crl_missing},
        {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, Reason::crl_missing},
        {X509_V_ERR_CRL_HAS_EXPIRED, Reason::crl_expired},
        {X509_V_ERR_CRL_NOT_YET_VALID, Reason::crl_invalid},
        {X509_V_ERR_CRL_SIGNATURE_FAILURE, Reason::crl_invalid},
        {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, Reason::crl_invalid},
        {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, Reason::crl_invalid},
        {X509_V_ERR_EE_KEY_TOO_SMALL, Reason::weak_key},
        {X509_V_ERR_CA_KEY_TOO_SMALL, Reason::weak_key},
        {X509_V_ERR_CA_MD_TOO_WEAK, Reason::weak_signature},
        {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, Reason::malformed},
        {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, Reason::malformed},
        {X509_V_ERR_INVALID_EXTENSION, Reason::malformed},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, Reason::malformed},
        {X509_V_ERR_UNSPECIFIED, Reason::error},
        {X509_V_ERR_OUT_OF_MEM, Reason::error},
        {X509_V_ERR_APPLICATION_VERIFICATION, Reason::error},
        {X509_V_ERR_INVALID_CALL, Reason::error},
        {X509_V_ERR_STORE_LOOKUP, Reason::error},
    };
}

class VerdictTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(VerdictTest);
    CPPUNIT_TEST(gives_the_reason_behind_an_error_of_openssl);
    CPPUNIT_TEST(finds_the_way_back_to_each_reason);
    CPPUNIT_TEST(tells_a_leaf_that_cannot_be_read_from_one_without_issuer);
    CPPUNIT_TEST(never_takes_an_error_for_none);
    CPPUNIT_TEST(never_blames_a_rule_for_an_error_of_openssl);
    CPPUNIT_TEST(reaches_every_reason);
    CPPUNIT_TEST(has_one_word_for_each_reason);
    CPPUNIT_TEST(has_the_words_that_are_documented);
    CPPUNIT_TEST(names_the_three_states);
    CPPUNIT_TEST(is_none_until_it_is_given);
    CPPUNIT_TEST(is_valid_by_success_alone);
    CPPUNIT_TEST_SUITE_END();

    void gives_the_reason_behind_an_error_of_openssl()
    {
        for (const auto &[code, reason] : expected_reasons())
            CPPUNIT_ASSERT_EQUAL_MESSAGE(X509_verify_cert_error_string(code),
                                         std::string{word(reason)},
                                         std::string{word(reason_of(code))});
    }

    void finds_the_way_back_to_each_reason()
    {
        for (const auto &[code, reason] : expected_reasons())
            CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(code), std::string{word(reason)},
                                         std::string{word(reason_of(x509_error_of(reason)))});
        CPPUNIT_ASSERT_EQUAL(int{X509_V_ERR_UNSPECIFIED}, x509_error_of(Reason::rule));
    }

    void tells_a_leaf_that_cannot_be_read_from_one_without_issuer()
    {
        constexpr const char *key_usage = "2.5.29.15";
        const auto root = test::authority("Root");
        const auto good = test::Builder{}.subject("CN", "Alice").issued_by(root);
        const auto bad =
            test::Builder{}.subject("CN", "Bad").extension_der(key_usage, "x").issued_by(root);
        constexpr int no_issuer = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
        CPPUNIT_ASSERT(reason_of(no_issuer, good.certificate) == Reason::unknown_issuer);
        CPPUNIT_ASSERT(reason_of(no_issuer, bad.certificate) == Reason::malformed);
        CPPUNIT_ASSERT(reason_of(X509_V_OK, bad.certificate) == Reason::none);
    }

    void never_takes_an_error_for_none()
    {
        for (int code = -1000; code <= 1000; ++code)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(code), code == X509_V_OK,
                                         reason_of(code) == Reason::none);
    }

    /// What a server decides, and no verification.
    static bool is_of_requests(Reason reason)
    {
        return reason == Reason::rule || reason == Reason::no_map_match ||
               reason == Reason::user_mismatch || reason == Reason::password;
    }

    void never_blames_a_rule_for_an_error_of_openssl()
    {
        for (int code = 0; code <= last_error; ++code)
            CPPUNIT_ASSERT(!is_of_requests(reason_of(code)));
    }

    void reaches_every_reason()
    {
        std::set<Reason> reached;
        for (int code = 0; code <= last_error; ++code)
            reached.insert(reason_of(code));
        for (int i = 0; i <= static_cast<int>(Reason::error); ++i)
            if (const auto reason = static_cast<Reason>(i); !is_of_requests(reason))
                CPPUNIT_ASSERT_MESSAGE(std::string{word(reason)}, reached.contains(reason));
    }

    void has_one_word_for_each_reason()
    {
        std::set<std::string_view> words;
        for (int i = 0; i <= static_cast<int>(Reason::error); ++i)
            CPPUNIT_ASSERT(words.insert(word(static_cast<Reason>(i))).second);
        for (const auto text : words)
            CPPUNIT_ASSERT(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.npos);
    }

    void has_the_words_that_are_documented()
    {
        CPPUNIT_ASSERT_EQUAL("none"s, std::string{word(Reason::none)});
        CPPUNIT_ASSERT_EQUAL("not-yet-valid"s, std::string{word(Reason::not_yet_valid)});
        CPPUNIT_ASSERT_EQUAL("unknown-issuer"s, std::string{word(Reason::unknown_issuer)});
        CPPUNIT_ASSERT_EQUAL("self-signed"s, std::string{word(Reason::self_signed)});
        CPPUNIT_ASSERT_EQUAL("weak-signature"s, std::string{word(Reason::weak_signature)});
        CPPUNIT_ASSERT_EQUAL("no-map-match"s, std::string{word(Reason::no_map_match)});
        CPPUNIT_ASSERT_EQUAL("rule"s, std::string{word(Reason::rule)});
        CPPUNIT_ASSERT_EQUAL("user-mismatch"s, std::string{word(Reason::user_mismatch)});
        CPPUNIT_ASSERT_EQUAL("password"s, std::string{word(Reason::password)});
        CPPUNIT_ASSERT_EQUAL("error"s, std::string{word(Reason::error)});
    }

    void names_the_three_states()
    {
        CPPUNIT_ASSERT_EQUAL("NONE"s, std::string{word(Verdict::State::none)});
        CPPUNIT_ASSERT_EQUAL("SUCCESS"s, std::string{word(Verdict::State::success)});
        CPPUNIT_ASSERT_EQUAL("FAILED"s, std::string{word(Verdict::State::failed)});
    }

    void is_none_until_it_is_given()
    {
        const Verdict verdict;
        CPPUNIT_ASSERT(verdict.state == Verdict::State::none);
        CPPUNIT_ASSERT(verdict.reason == Reason::none);
        CPPUNIT_ASSERT(!verdict.valid());
    }

    void is_valid_by_success_alone()
    {
        CPPUNIT_ASSERT((Verdict{Verdict::State::success}.valid()));
        CPPUNIT_ASSERT((!Verdict{Verdict::State::failed, Reason::none}.valid()));
        CPPUNIT_ASSERT((!Verdict{Verdict::State::none}.valid()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerdictTest);

}  // namespace

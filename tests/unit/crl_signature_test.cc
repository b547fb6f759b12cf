// SPDX-License-Identifier: Apache-2.0
// Signatures of CRLs, made by OpenSSL.
#include "crls.hh"

#include <openssl/dsa.h>
#include <openssl/rsa.h>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

using ContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

Key key_of(const char *type)
{
    return {needed(EVP_PKEY_Q_keygen(nullptr, nullptr, type)), EVP_PKEY_free};
}

Key pss_key()
{
    EVP_PKEY *key = nullptr;
    const KeyContextPtr context{needed(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, nullptr))};
    needed(EVP_PKEY_keygen_init(context.get()) == 1);
    needed(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) == 1);
    needed(EVP_PKEY_keygen(context.get(), &key) == 1);
    return {key, EVP_PKEY_free};
}

Key dsa_key()
{
    EVP_PKEY *parameters = nullptr;
    EVP_PKEY *key = nullptr;
    const KeyContextPtr first{needed(EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, nullptr))};
    needed(EVP_PKEY_paramgen_init(first.get()) == 1);
    needed(EVP_PKEY_CTX_set_dsa_paramgen_bits(first.get(), 1024) == 1);
    needed(EVP_PKEY_paramgen(first.get(), &parameters) == 1);
    const Key owned{parameters, EVP_PKEY_free};
    const KeyContextPtr second{needed(EVP_PKEY_CTX_new(parameters, nullptr))};
    needed(EVP_PKEY_keygen_init(second.get()) == 1);
    needed(EVP_PKEY_keygen(second.get(), &key) == 1);
    return {key, EVP_PKEY_free};
}

using SetUp = std::function<void(EVP_PKEY_CTX *)>;

/// Signed by OpenSSL, which writes the AlgorithmIdentifier, too.
std::string crl_signed_with(const Key &key, const EVP_MD *digest, const SetUp &set_up = {})
{
    const std::shared_ptr<X509_CRL> crl{needed(X509_CRL_new()), X509_CRL_free};
    const auto name = Builder{}.subject("CN", "CA").certificate();
    needed(X509_CRL_set_issuer_name(crl.get(), name.subject()));
    const openssl::StringPtr time{ASN1_TIME_set(nullptr, 1700000000)};
    needed(X509_CRL_set1_lastUpdate(crl.get(), time.get()));
    const ContextPtr context{needed(EVP_MD_CTX_new())};
    EVP_PKEY_CTX *key_context = nullptr;
    needed(EVP_DigestSignInit(context.get(), &key_context, digest, nullptr, key.get()) == 1);
    if (set_up)
        set_up(key_context);
    needed(X509_CRL_sign_ctx(crl.get(), context.get()) > 0);
    std::string octets(static_cast<std::size_t>(i2d_X509_CRL(crl.get(), nullptr)), '\0');
    auto *p = reinterpret_cast<unsigned char *>(octets.data());
    i2d_X509_CRL(crl.get(), &p);
    return octets;
}

SetUp pss(int salt_length, const EVP_MD *mask_digest)
{
    return [=](EVP_PKEY_CTX *context) {
        needed(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
        needed(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_length) == 1);
        needed(EVP_PKEY_CTX_set_rsa_mgf1_md(context, mask_digest) == 1);
    };
}

const EVP_MD *digest_named(const std::string &name)
{
    return needed(EVP_get_digestbyname(name.c_str()));
}

/// That key verifies it, and another of its kind does not.
void assert_verifies(const std::string &der, const Key &key, const Key &other)
{
    const auto signature = read_one(der).signature;
    CPPUNIT_ASSERT(signature.verifies(key.get()));
    CPPUNIT_ASSERT(!signature.verifies(other.get()));
    auto changed = signature;
    changed.value.back() = static_cast<char>(changed.value.back() ^ 1);
    CPPUNIT_ASSERT(!changed.verifies(key.get()));
    changed = signature;
    changed.value.clear();
    CPPUNIT_ASSERT(!changed.verifies(key.get()));
    changed = signature;
    std::string &content = changed.digest.empty() ? changed.to_be_signed : changed.digest;
    content.front() = static_cast<char>(content.front() ^ 1);
    CPPUNIT_ASSERT(!changed.verifies(key.get()));
}

std::string error_with_pss(const std::string &parameters)
{
    return error_with([&](CrlParts &parts) {
        parts.algorithm = parts.outer_algorithm =
            sequence(element(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a") + sequence(parameters));
    });
}

class CrlSignatureTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlSignatureTest);
    CPPUNIT_TEST(verifies_rsa);
    CPPUNIT_TEST(verifies_rsa_pss);
    CPPUNIT_TEST(verifies_keys_that_are_for_rsa_pss_only);
    CPPUNIT_TEST(verifies_ecdsa);
    CPPUNIT_TEST(verifies_dsa);
    CPPUNIT_TEST(verifies_edwards_curves);
    CPPUNIT_TEST(keeps_what_is_to_be_signed_only_where_it_must);
    CPPUNIT_TEST(refuses_keys_of_another_kind);
    CPPUNIT_TEST(refuses_another_algorithm);
    CPPUNIT_TEST(refuses_digests_that_are_broken);
    CPPUNIT_TEST_SUITE_END();

    void verifies_rsa()
    {
        const auto key = rsa_key(2048);
        const auto other = rsa_key(2048);
        for (const auto &digest : {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"})
            assert_verifies(crl_signed_with(key, digest_named(digest)), key, other);
    }

    void verifies_rsa_pss()
    {
        const auto key = rsa_key(2048);
        const auto other = rsa_key(2048);
        for (const auto &digest : {"SHA1", "SHA256", "SHA512"})
            for (const auto &mask_digest : {"SHA1", "SHA256"})
                for (const int salt_length : {0, 20, 32})
                    assert_verifies(crl_signed_with(key, digest_named(digest),
                                                    pss(salt_length, digest_named(mask_digest))),
                                    key, other);
    }

    void verifies_keys_that_are_for_rsa_pss_only()
    {
        const auto key = pss_key();
        assert_verifies(crl_signed_with(key, EVP_sha256(), pss(32, EVP_sha256())), key, pss_key());
        const auto plain = rsa_key(2048);
        CPPUNIT_ASSERT(
            !read_one(crl_signed_with(plain, EVP_sha256())).signature.verifies(key.get()));
    }

    void verifies_ecdsa()
    {
        const auto key = ec_key();
        const auto other = ec_key();
        for (const auto &digest : {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"})
            assert_verifies(crl_signed_with(key, digest_named(digest)), key, other);
    }

    void verifies_dsa()
    {
        const auto key = dsa_key();
        const auto other = dsa_key();
        for (const auto &digest : {"SHA1", "SHA224", "SHA256"})
            assert_verifies(crl_signed_with(key, digest_named(digest)), key, other);
    }

    void verifies_edwards_curves()
    {
        for (const auto *type : {"ED25519", "ED448"}) {
            const auto key = key_of(type);
            assert_verifies(crl_signed_with(key, nullptr), key, key_of(type));
        }
    }

    void keeps_what_is_to_be_signed_only_where_it_must()
    {
        const auto digested = read_one(crl_signed_with(ec_key(), EVP_sha384())).signature;
        CPPUNIT_ASSERT_EQUAL(48UL, digested.digest.size());
        CPPUNIT_ASSERT(digested.to_be_signed.empty());
        const std::string der = crl_signed_with(key_of("ED25519"), nullptr);
        const auto whole = read_one(der).signature;
        CPPUNIT_ASSERT(whole.digest.empty());
        CPPUNIT_ASSERT_EQUAL(2UL, der.find(whole.to_be_signed) - (der[1] < 0 ? 1 : 0));
    }

    void refuses_keys_of_another_kind()
    {
        const std::vector<Key> keys{rsa_key(2048), ec_key(), key_of("ED25519"), key_of("ED448"),
                                    key_of("X25519")};
        for (std::size_t i = 0; i < 4; ++i) {
            const auto *digest = i < 2 ? EVP_sha256() : nullptr;
            const auto signature = read_one(crl_signed_with(keys[i], digest)).signature;
            for (std::size_t j = 0; j < keys.size(); ++j)
                CPPUNIT_ASSERT_EQUAL(i == j, signature.verifies(keys[j].get()));
        }
    }

    void refuses_another_algorithm()
    {
        const auto key = rsa_key(2048);
        const auto of_256 = read_one(crl_signed_with(key, EVP_sha256())).signature;
        const auto of_pss =
            read_one(crl_signed_with(key, EVP_sha256(), pss(32, EVP_sha256()))).signature;
        const auto of_512 = read_one(crl_signed_with(key, EVP_sha512())).signature;
        for (const auto &other : {of_pss, of_512}) {
            auto changed = of_256;
            changed.algorithm = other.algorithm;
            CPPUNIT_ASSERT(!changed.verifies(key.get()));
        }
        auto changed = of_pss;
        changed.algorithm = of_256.algorithm;
        CPPUNIT_ASSERT(!changed.verifies(key.get()));
        CPPUNIT_ASSERT(!CrlSignature{}.verifies(key.get()));
    }

    void refuses_digests_that_are_broken()
    {
        const auto key = rsa_key(2048);
        CPPUNIT_ASSERT(
            error_of(crl_signed_with(key, EVP_md5())).starts_with("it is signed with md5"));
        const std::string md5 = sequence(element(0x06, "\x2a\x86\x48\x86\xf7\x0d\x02\x05"));
        const std::string mgf1 = element(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08");
        for (const auto &parameters : {element(0xa0, md5), element(0xa1, sequence(mgf1 + md5)),
                                       element(0xa1, sequence(mgf1)), element(0xa1, md5)})
            assert_says("RSASSA-PSS with another digest or mask", error_with_pss(parameters));
        for (const auto &parameters :
             {element(0xa2, integer("\xff")), element(0xa3, integer("\x02")),
              element(0xa2, integer(std::string(9, '\x01'))), integer("\x01")})
            assert_says("RSASSA-PSS, are malformed", error_with_pss(parameters));
        CPPUNIT_ASSERT_EQUAL(""s, error_with_pss(""));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlSignatureTest);

}  // namespace

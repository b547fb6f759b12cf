// SPDX-License-Identifier: Apache-2.0
#include "core/crl/siphash.hh"
#include "core/openssl.hh"
#include "pki.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <openssl/core_names.h>

#include <numeric>

namespace {

using namespace clientcert;

using MacPtr = std::unique_ptr<EVP_MAC, openssl::Freed<EVP_MAC_free>>;
using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, openssl::Freed<EVP_MAC_CTX_free>>;

/// SipHash-1-3 as OpenSSL has it.
std::uint64_t openssl_siphash13(Octets key, Octets message)
{
    const MacPtr mac{test::needed(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr))};
    const MacContextPtr context{test::needed(EVP_MAC_CTX_new(mac.get()))};
    unsigned c = 1;
    unsigned d = 3;
    std::size_t size = 8;
    const std::array parameters{
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &c),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &d),
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
        OSSL_PARAM_construct_end(),
    };
    std::array<std::uint8_t, 8> digest{};
    test::needed(EVP_MAC_init(context.get(), key.data(), key.size(), parameters.data()));
    test::needed(EVP_MAC_update(context.get(), message.data(), message.size()));
    test::needed(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()));
    return load_little_endian(digest.data());
}

class SipHashTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SipHashTest);
    CPPUNIT_TEST(agrees_with_openssl_at_every_length);
    CPPUNIT_TEST(takes_a_message_in_two_parts);
    CPPUNIT_TEST_SUITE_END();

    // The key and the messages of the test vectors in the paper's appendix: 00 01 02 ...
    std::array<std::uint8_t, 300> octets_{};
    std::uint64_t k0_ = 0;
    std::uint64_t k1_ = 0;

public:
    void setUp() override
    {
        std::iota(octets_.begin(), octets_.end(), std::uint8_t{0});
        k0_ = load_little_endian(octets_.data());
        k1_ = load_little_endian(octets_.data() + 8);
    }

private:
    void agrees_with_openssl_at_every_length()
    {
        for (std::size_t size = 0; size <= octets_.size(); ++size) {
            const auto message = Octets{octets_}.first(size);
            CPPUNIT_ASSERT_EQUAL(openssl_siphash13(Octets{octets_}.first(16), message),
                                 siphash13(k0_, k1_, message));
        }
    }

    void takes_a_message_in_two_parts()
    {
        for (std::size_t size = 16; size <= octets_.size(); ++size) {
            const auto message = Octets{octets_}.first(size);
            SipHash13 hash{k0_, k1_};
            hash.take(load_little_endian(message.data()));
            hash.take(load_little_endian(message.data() + 8));
            take_words(message.subspan(16), 16, [&](std::uint64_t word) { hash.take(word); });
            CPPUNIT_ASSERT_EQUAL(siphash13(k0_, k1_, message), hash.result());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SipHashTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/signature_algorithm.hh"

#include <openssl/rsa.h>

namespace clientcert {
namespace {

using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

bool fits(const SignatureAlgorithm &algorithm, const EVP_PKEY *key)
{
    // An RSA key that is for RSASSA-PSS only has a type of its own (RFC 4055, 1.2).
    const int type = EVP_PKEY_get_base_id(key);
    return type == algorithm.key_type || (algorithm.is_pss && type == EVP_PKEY_RSA_PSS);
}

bool set_pss(EVP_PKEY_CTX *context, const SignatureAlgorithm &algorithm)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm.mask_digest) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, algorithm.salt_length) == 1;
}

bool verifies_digest(const CrlSignature &signature, const SignatureAlgorithm &algorithm,
                     EVP_PKEY *key)
{
    const ContextPtr context{EVP_PKEY_CTX_new(key, nullptr)};
    const Octets value = octets_of(signature.value);
    const Octets digest = octets_of(signature.digest);
    return context && EVP_PKEY_verify_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context.get(), algorithm.digest) == 1 &&
           (!algorithm.is_pss || set_pss(context.get(), algorithm)) &&
           EVP_PKEY_verify(context.get(), value.data(), value.size(), digest.data(),
                           digest.size()) == 1;
}

bool verifies_content(const CrlSignature &signature, EVP_PKEY *key)
{
    const DigestContextPtr context{EVP_MD_CTX_new()};
    const Octets value = octets_of(signature.value);
    const Octets content = octets_of(signature.to_be_signed);
    return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), value.data(), value.size(), content.data(),
                            content.size()) == 1;
}

}  // namespace

bool CrlSignature::verifies(EVP_PKEY *key) const
{
    const openssl::ErrorScope errors;
    const auto known = SignatureAlgorithm::of(octets_of(algorithm));
    if (!known || !fits(*known, key))
        return false;
    return known->digest == nullptr ? verifies_content(*this, key)
                                    : verifies_digest(*this, *known, key);
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// The ways to sign a CRL that this module knows.
#pragma once

#include "core/openssl.hh"

#include <clientcert/crl_reader.hh>

namespace clientcert {

struct SignatureAlgorithm {
    int key_type;          ///< EVP_PKEY_RSA, ...
    const EVP_MD *digest;  ///< null where the tbsCertList itself is signed
    bool is_pss = false;
    const EVP_MD *mask_digest = nullptr;  ///< of RSASSA-PSS
    int salt_length = 0;                  ///< of RSASSA-PSS

    /// Of the DER of an AlgorithmIdentifier. SHA-1 and SHA-2 with RSA (PKCS #1 and PSS), DSA and
    /// ECDSA; Ed25519 and Ed448.
    static Result<SignatureAlgorithm> of(Octets der);
};

/// Collects what CrlSignature::verifies wants to know of a tbsCertList.
class SignedContent {
public:
    explicit SignedContent(const SignatureAlgorithm &algorithm);

    void add(Octets octets);

    /// Sets `digest` or `to_be_signed`.
    void finish(CrlSignature &signature) &&;

private:
    std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context_;
    std::string octets_;
};

}  // namespace clientcert

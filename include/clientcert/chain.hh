// SPDX-License-Identifier: Apache-2.0
// What revocation needs to know of a verified chain: enough to judge it again when a resumed
// session has brought nothing else along.
#pragma once

#include <clientcert/name.hh>
#include <clientcert/octets.hh>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;
struct stack_st_X509;

namespace clientcert {

/// Names a public key: the first half of the SHA-256 of its SubjectPublicKeyInfo (RFC 5280,
/// 4.1.2.7), with the algorithm and its parameters: the same point on another curve is another key.
using KeyId = std::array<std::uint8_t, 16>;

KeyId key_id(const x509_st *x509);

/// One certificate of a chain, and who issued it.
struct ChainLink {
    NameId issuer;       ///< its issuer's name
    KeyId issuer_key;    ///< the key that its signature was verified with
    std::string serial;  ///< contents of the INTEGER, as encoded
    bool is_ca;          ///< basicConstraints says cA
    std::string
        crl_points;  ///< the value of cRLDistributionPoints (4.2.1.13), empty where there is none

    bool operator==(const ChainLink &) const = default;
};

/// A chain that was verified: the leaf first, the trust anchor not among the links (but for a leaf
/// that is one itself).
struct VerifiedChain {
    std::vector<ChainLink> links;
    KeyId anchor{};  ///< of the trust anchor

    /// Of OpenSSL's verified chain (leaf first, anchor last), which must not be empty.
    static VerifiedChain of(const stack_st_X509 *chain);

    /// As octets, for sessions and index files; `decoded` gives nothing where they are not whole.
    std::string encoded() const;
    static std::optional<VerifiedChain> decoded(std::string_view octets);

    bool operator==(const VerifiedChain &) const = default;
};

/// The URLs (http or https) at which the distribution points of a certificate have CRLs.
std::vector<std::string> crl_point_urls(std::string_view crl_points);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What a certificate revocation list (RFC 5280, section 5) says of itself; its entries are in a
// table (crl_table.hh).
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/chain.hh>

#include <optional>
#include <string>
#include <vector>

namespace clientcert {

/// A set of revocation reasons: bit n stands for bit n of ReasonFlags (4.2.1.13).
using ReasonSet = std::uint16_t;
inline constexpr ReasonSet all_reasons = 0x1fe;

/// The CRLReason of an entry (5.3.1), as its number.
enum class CrlReason : std::uint8_t {
    unspecified = 0,
    key_compromise = 1,
    ca_compromise = 2,
    affiliation_changed = 3,
    superseded = 4,
    cessation_of_operation = 5,
    certificate_hold = 6,
    remove_from_crl = 8,
    privilege_withdrawn = 9,
    aa_compromise = 10,
};

/// The issuingDistributionPoint (5.2.5); as constructed, that of a CRL without one.
struct CrlScope {
    bool only_user_certs = false;
    bool only_ca_certs = false;
    bool only_attribute_certs = false;
    bool indirect = false;
    ReasonSet reasons = all_reasons;

    /// DER of each GeneralName of the distributionPoint; a nameRelativeToCRLIssuer as the
    /// directoryName that it stands for. Empty where the extension names none.
    std::vector<std::string> names;

    /// The value of the extension, empty where there is none: CRLs of one issuer with the same one
    /// have the same scope.
    std::string der;

    bool operator==(const CrlScope &) const = default;
};

struct CrlInfo {
    std::string issuer;  ///< DER of the Name
    NameId issuer_id{};
    Time this_update{};
    Time next_update = Time::max();          ///< Time::max() where the CRL has none
    std::optional<std::string> number;       ///< cRLNumber: magnitude, most significant octet first
    std::optional<std::string> base_number;  ///< of a delta CRL: BaseCRLNumber
    std::string authority_key_id;            ///< its keyIdentifier, empty where there is none
    CrlScope scope;
    std::uint64_t entries = 0;
    std::uint64_t size = 0;  ///< octets of DER

    bool is_delta() const { return base_number.has_value(); }
    bool operator==(const CrlInfo &) const = default;
};

/// Its issuer as RFC 4514 writes it.
std::string printed_issuer(const CrlInfo &info);

/// A CRL number in decimal, one above 64 bits in hexadecimal.
std::string printed_number(const std::string &number);

/// "the CRL of "CN=CA" (number 12)": for messages.
std::string described(const CrlInfo &info);

/// Who signed a CRL.
struct Signer {
    KeyId key{};

    /// The trust anchors that a path leads from its certificate to.
    std::vector<KeyId> anchors;

    /// One such path: its certificate and those above, to be looked up in CRLs in turn where the
    /// signer is not the very issuer of the certificate in question (RFC 5280, 6.3.3 (f)). Empty
    /// for a trust anchor.
    std::vector<ChainLink> path;

    bool operator==(const Signer &) const = default;
};

/// < 0, 0, > 0: orders CRL numbers (magnitudes without leading zeros).
int compare_numbers(const std::string &a, const std::string &b);

/// Whether `next` may take the place of `standing`, of the same issuer and scope: its number, or
/// thisUpdate where one of the two has no number, is not lower.
bool may_replace(const CrlInfo &next, const CrlInfo &standing);

}  // namespace clientcert

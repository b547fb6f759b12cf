// SPDX-License-Identifier: Apache-2.0
// Whether a verified chain is revoked, by the CRLs in force (RFC 5280, 6.3).
#pragma once

#include <clientcert/chain.hh>
#include <clientcert/crl_index.hh>
#include <clientcert/verdict.hh>

namespace clientcert {

/// ClientCertCRLPolicy.
struct RevocationPolicy {
    enum class Scope { leaf, chain };
    enum class Expired { deny, allow, grace };

    Scope scope = Scope::chain;
    bool missing_allowed = false;
    Expired expired = Expired::deny;
    std::chrono::seconds grace{0};  ///< how long after nextUpdate, for Expired::grace

    bool operator==(const RevocationPolicy &) const = default;
};

struct RevocationStatus {
    /// none, revoked, crl_missing or crl_expired.
    Reason reason = Reason::none;

    /// The answer stands until then (a nextUpdate, or the end of a grace), as long as the index
    /// does.
    Time stands_until = Time::max();

    /// The certificate that the reason is about: 0 is the leaf.
    std::size_t link = 0;

    bool operator==(const RevocationStatus &) const = default;
};

/// What one CRL had to say of one certificate, for explanations.
struct CrlOpinion {
    enum class Says {
        not_listed,
        revoked,
        removed,       ///< taken back by a delta CRL
        other_scope,   ///< it is not about such certificates
        not_believed,  ///< by nobody who may speak for this issuer
    };

    std::string source;  ///< the file or URL
    std::string issuer;  ///< as RFC 4514 writes it
    std::string number;  ///< empty where it has none
    bool is_delta = false;
    Time this_update{};
    Time next_update{};
    bool expired = false;  ///< also after a grace
    Says says = Says::not_listed;
    std::optional<Revoked> entry{};
};

/// The status of one certificate, and all CRLs in force that are of its issuer.
struct LinkOpinion {
    Reason reason = Reason::none;
    std::vector<CrlOpinion> crls{};
};
using RevocationTrace = std::vector<LinkOpinion>;  ///< leaf first

/// The status of the chain. Revoked goes before all other reasons. An expired CRL never takes back
/// a revocation.
RevocationStatus check_revocation(const VerifiedChain &chain, const CrlIndex &index,
                                  const RevocationPolicy &policy, Time now,
                                  RevocationTrace *trace = nullptr);

}  // namespace clientcert

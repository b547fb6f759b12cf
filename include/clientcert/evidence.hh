// SPDX-License-Identifier: Apache-2.0
// What the peer presented, and what verification said of it.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/chain.hh>

#include <optional>
#include <string>
#include <vector>

namespace clientcert {

/// Names a set of trust settings: two virtual hosts with the same one accept the same certificates.
using TrustId = std::array<std::uint8_t, 16>;

/// The outcome of one verification.
struct Verification {
    TrustId trust;     ///< the settings it was made under: it says nothing about others
    int x509_error;    ///< X509_V_OK (0), or why not
    Time valid_until;  ///< the earliest notAfter in the verified chain

    /// What revocation is judged by, and issuers are pinned in; without links where the trust
    /// settings keep none (Trust::keeps_chains).
    VerifiedChain chain{};
};

/// Immutable once made; a new handshake makes a new one.
struct Evidence {
    std::optional<Certificate> leaf;

    /// "tls", or the format of the header (in static storage) that a trusted proxy has sent it in;
    /// empty where the connection has no TLS.
    std::string_view source{};

    /// Whether the peer has shown that it has the leaf's key: the handshake went to its end.
    bool proven = true;

    /// Nobody has come with it: the question is what would be, if somebody did.
    bool hypothetical = false;

    /// Without the leaf, in the order of TLS; empty on a resumed session.
    std::vector<Certificate> chain;

    /// The same in DER, where a resumed session carried it.
    std::vector<std::string> carried_chain;

    /// Nothing where it is not known what verification said: it is then made again.
    std::optional<Verification> verification;

    /// DER of the certificates behind the leaf, wherever they come from.
    std::vector<std::string> chain_der() const;
};

/// What a TLS session carries so that a resumed one has its evidence: the verification, the leaf's
/// mark, and the chain where `with_chain`. Empty, so that the session is not resumed, where the
/// chain is too large for a session (more than 16 KiB).
std::string session_data(const Evidence &evidence, bool with_chain);

/// The evidence of a resumed session with that leaf. Data of another version or another leaf, or
/// none, gives evidence without a verification.
Evidence resumed_evidence(const Certificate &leaf, std::string_view session_data);

}  // namespace clientcert

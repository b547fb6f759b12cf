// SPDX-License-Identifier: Apache-2.0
// Whom a virtual host trusts.
#pragma once

#include <clientcert/evidence.hh>
#include <clientcert/revocation.hh>
#include <clientcert/verdict.hh>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct x509_store_st;
struct stack_st_X509;

namespace clientcert {

/// What a verification found on its way, for explanations.
struct VerificationTrace {
    std::vector<Certificate> chain{};  ///< leaf first, as far as it could be built
    std::string problem{};             ///< in OpenSSL's words; empty where there is none
    std::size_t depth = 0;             ///< of the certificate with the problem: 0 is the leaf
};

class Trust {
public:
    /// What verification depends on beside the CA certificates.
    struct Settings {
        int max_depth = 1;       ///< counted as SSLVerifyDepth does: a self-signed leaf has 0
        int security_level = 1;  ///< SSL_CTX_get_security_level
        bool can_repeat = true;  ///< false where more is checked than is known here (OCSP)
        std::optional<RevocationPolicy> revocation{};  ///< nothing where no CRLs are asked for
        bool chains = false;  ///< whether verified chains are kept where no CRLs are asked for
        std::string crl_directory{};  ///< where the store looks for more CRLs, by hashed names
        std::string others{};         ///< whatever else tells two virtual hosts apart, as text

        /// Is told of each chain that was verified here and not in the handshake, where CRLs are
        /// asked for.
        std::function<void(const stack_st_X509 &, const VerifiedChain &)> on_verified{};
    };

    /// `store` has the CA certificates of the virtual host; a reference of it is taken.
    Trust(x509_store_st *store, const Settings &settings);

    /// Trusts these CAs alone, each of them for itself: one need not be a root.
    Trust(std::span<const Certificate> authorities, const Settings &settings);

    /// The same as this one, with other CAs. The CRLs and the checks that its store has are kept;
    /// where more is checked than is known here, a certificate has to be good to both.
    /// This one has to live as long.
    Trust with(std::span<const Certificate> authorities) const;

    /// The same with another depth, and with the CAs of this one.
    Trust with(int max_depth) const;
    Trust with(std::span<const Certificate> authorities, int max_depth) const;

    const TrustId &id() const { return id_; }
    const std::optional<RevocationPolicy> &revocation() const { return settings_.revocation; }
    int max_depth() const { return settings_.max_depth; }

    /// Whether a verification has to bring the chain: for revocation, or for the pins of maps.
    bool keeps_chains() const { return settings_.chains || settings_.revocation.has_value(); }

    int security_level() const { return settings_.security_level; }
    x509_store_st *store() const { return store_.get(); }

    /// What a certificate has to be good to as well, or null.
    const Trust *other() const { return other_; }

    /// Verifies the evidence anew: for one that was verified under other settings, or not at all.
    Verification verify(const Evidence &evidence, Time now,
                        VerificationTrace *trace = nullptr) const;

    /// The CA certificates, in no order.
    std::vector<Certificate> authorities() const;

private:
    std::shared_ptr<x509_store_st> store_;
    Settings settings_;
    const Trust *other_ = nullptr;
    TrustId id_;
};

/// The earliest notAfter in a verified chain: until then its verification holds.
Time earliest_end(const stack_st_X509 *chain);

/// The CRLs by which a verdict is given.
struct CrlsInForce {
    /// How far the server has got with its sources since it was started.
    enum class Sources {
        unread,   ///< not each has been looked at: nothing is certain but what is revoked
        earlier,  ///< those of an earlier configuration have: a CRL that is missing may still come
        read,
    };

    const CrlIndex *index = nullptr;  ///< null: there is none yet
    Sources sources = Sources::unread;
};

/// The verdict on this evidence at this time under this trust.
Verdict judge(const Evidence &evidence, const Trust &trust, Time now, const CrlsInForce &crls = {});

}  // namespace clientcert

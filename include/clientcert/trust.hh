// SPDX-License-Identifier: Apache-2.0
// Whom a virtual host trusts.
#pragma once

#include <clientcert/evidence.hh>
#include <clientcert/revocation.hh>
#include <clientcert/verdict.hh>

#include <memory>
#include <string>

struct x509_store_st;
struct stack_st_X509;

namespace clientcert {

class Trust {
public:
    /// What verification depends on beside the CA certificates.
    struct Settings {
        int max_depth = 1;       ///< counted as SSLVerifyDepth does: a self-signed leaf has 0
        int security_level = 1;  ///< SSL_CTX_get_security_level
        bool can_repeat = true;  ///< false where more is checked than is known here (OCSP)
        std::optional<RevocationPolicy> revocation{};  ///< nothing where no CRLs are asked for
        std::string others{};  ///< whatever else tells two virtual hosts apart, as text
    };

    /// `store` has the CA certificates of the virtual host; a reference of it is taken.
    Trust(x509_store_st *store, const Settings &settings);

    const TrustId &id() const { return id_; }
    const std::optional<RevocationPolicy> &revocation() const { return revocation_; }

    /// Verifies the evidence anew: for one that was verified under other settings, or not at all.
    Verification verify(const Evidence &evidence, Time now) const;

private:
    std::shared_ptr<x509_store_st> store_;
    int max_depth_;
    int security_level_;
    bool can_repeat_;
    std::optional<RevocationPolicy> revocation_;
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

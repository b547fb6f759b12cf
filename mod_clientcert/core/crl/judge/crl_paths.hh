// SPDX-License-Identifier: Apache-2.0
// The certificates that are known to the server, and the paths between them.
#pragma once

#include "core/openssl.hh"

#include <clientcert/certificate.hh>
#include <clientcert/chain.hh>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace clientcert {

/// Certificates of trusted stores and others.
class KnownCertificates {
public:
    struct Known {
        Certificate certificate;
        bool anchor;  ///< whether a path may end with it
    };

    void add_store(X509_STORE *store);

    /// Whether it is new.
    bool add(const Certificate &certificate);

    /// All with that subject. Stores that read directories of hash links do it now.
    std::vector<Known> named(const X509_NAME *subject) const;

private:
    using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;

    std::vector<StorePtr> stores_;
    std::map<NameId, std::vector<Certificate>> others_;
    std::set<Sha256> fingerprints_;
};

/// All paths from some certificates to trust anchors. OpenSSL gives one path for a certificate; but
/// the client's may be another one, where CAs have certified each other.
class Paths {
public:
    Paths(const KnownCertificates &known, Time now) : known_{known}, now_{now} {}

    void find(const KnownCertificates::Known &first);

    /// The anchor of each path, and the links of one; there are none where no path was found but of
    /// an anchor alone.
    const std::vector<KeyId> &anchors() const { return anchors_; }
    const std::vector<ChainLink> &links() const { return links_; }

    /// Why there is none.
    std::string failure() const;

private:
    void extend();
    void verify();

    const KnownCertificates &known_;
    Time now_;
    std::vector<KnownCertificates::Known> path_;
    std::vector<KeyId> anchors_;
    std::vector<ChainLink> links_;
    int error_ = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    int steps_left_ = 200;  // many certificates of one name may not take forever
};

}  // namespace clientcert

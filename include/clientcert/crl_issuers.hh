// SPDX-License-Identifier: Apache-2.0
// Who may sign CRLs.
#pragma once

#include <clientcert/crl_reader.hh>

#include <memory>
#include <vector>

struct x509_store_st;

namespace clientcert {

/// The certificates that are known to the server. Not for several threads at once.
class CrlIssuers {
public:
    CrlIssuers();
    ~CrlIssuers();
    CrlIssuers(CrlIssuers &&) noexcept;
    CrlIssuers &operator=(CrlIssuers &&) noexcept;

    /// The CA certificates that a virtual host trusts; a reference of the store is taken. Its
    /// self-signed certificates (any, where it allows partial chains) are trust anchors, and so is
    /// what a "TRUSTED CERTIFICATE" trusts for clients; what it rejects for them is none.
    void add_trusted(x509_store_st *store);

    /// A certificate that is believed if it chains to a trusted one. Adding it again changes
    /// nothing; the answer is whether it is new.
    bool add(const Certificate &certificate);

    /// Who signed the CRL: nothing where no known certificate has the issuer's name (and, where the
    /// CRL says so, key identifier). An error where the issuer is known and the signature is wrong,
    /// its keyUsage has no cRLSign, or its certificate does not chain to a trusted one. Accepts
    /// version 1 CAs without extensions.
    Result<std::optional<Signer>> signer_of(const ReadCrl &crl, Time now) const;

private:
    struct Content;
    std::unique_ptr<Content> content_;
};

}  // namespace clientcert

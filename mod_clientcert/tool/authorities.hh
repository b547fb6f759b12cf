// SPDX-License-Identifier: Apache-2.0
// The CA certificates that somebody names.
#pragma once

#include <clientcert/crl_issuers.hh>
#include <clientcert/result.hh>
#include <clientcert/trust.hh>

#include <optional>
#include <string>
#include <vector>

namespace clientcert::tool {

/// Those of PEM files, as SSLCACertificateFile takes them.
Result<std::vector<Certificate>> authorities_in(const std::vector<std::string> &paths);

/// Trust in them, to whatever depth; nothing where there are no files.
Result<std::optional<Trust>> trust_in(const std::vector<std::string> &paths);

class Authorities {
public:
    static Result<Authorities> read(const std::vector<std::string> &paths);

    const CrlIssuers &issuers() const { return issuers_; }

    /// The subject of the certificate with that key, as RFC 4514 writes it.
    std::string name_of(const KeyId &key) const;

private:
    std::vector<Certificate> certificates_;
    CrlIssuers issuers_;
};

}  // namespace clientcert::tool

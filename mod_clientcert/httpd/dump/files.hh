// SPDX-License-Identifier: Apache-2.0
// What stands in the files that a configuration names: CA certificates and CRLs.
#pragma once

#include "httpd/dump/tree.hh"

#include <clientcert/certificate.hh>
#include <clientcert/crl.hh>
#include <clientcert/result.hh>

#include <map>

namespace clientcert::httpd::dump {

/// Lines of these directives name files or directories of CA certificates.
inline constexpr auto authority_directives = std::to_array<std::string_view>({
    "SSLCACertificateFile",
    "SSLCACertificatePath",
    "ClientCertCA",
    "ClientCertCACertificateFile",
    "ClientCertCRLIssuer",
});

bool names_authorities(const ap_directive_t &line);

/// One file of a ClientCertCRL line: what its CRLs say, or why it cannot be used.
struct CrlFile {
    std::string path;
    std::vector<CrlInfo> crls{};
    std::string problem{};
};

/// Reads what stands behind each line once: a hundred virtual hosts may have it in common.
class Files {
public:
    using Authorities = Result<std::vector<Certificate>>;

    const Authorities &authorities_at(Line line) const;

    /// All files of a ClientCertCRL line; none for a URL and for cdp: nothing is fetched.
    const std::vector<CrlFile> &crls_at(Line line) const;

    /// What is worth knowing of the files behind a line, one text for each certificate or CRL.
    std::vector<std::string> contents_of(Line line) const;

private:
    std::vector<std::string> told_of_authorities(Line line) const;
    std::vector<std::string> told_of_crls(Line line) const;

    mutable std::map<Line, Authorities> authorities_;
    mutable std::map<Line, std::vector<CrlFile>> crls_;
};

}  // namespace clientcert::httpd::dump

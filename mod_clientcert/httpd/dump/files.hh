// SPDX-License-Identifier: Apache-2.0
// What stands in the files that a configuration names: CA certificates and CRLs.
#pragma once

#include "httpd/dump/tree.hh"

#include <clientcert/certificate.hh>
#include <clientcert/crl.hh>
#include <clientcert/result.hh>

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

Result<std::vector<Certificate>> authorities_at(const ap_directive_t &line);

/// One file of a ClientCertCRL line: what its CRLs say, or why it cannot be used.
struct CrlFile {
    std::string path;
    std::vector<CrlInfo> crls{};
    std::string problem{};
};

/// All files of a ClientCertCRL line; none for a URL and for cdp: nothing is fetched.
std::vector<CrlFile> crl_files_at(const ap_directive_t &line);

/// What is worth knowing of the files behind a line, one text for each certificate or CRL.
std::vector<std::string> contents_of(const ap_directive_t &line);

}  // namespace clientcert::httpd::dump

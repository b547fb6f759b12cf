// SPDX-License-Identifier: Apache-2.0
// Certificates in files.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/result.hh>

#include <string_view>
#include <vector>

namespace clientcert {

/// All certificates of a PEM file, at least one; text between them is skipped.
Result<std::vector<Certificate>> certificates_in(const std::string &path);

/// The same of PEM in memory; what is not a certificate is skipped.
Result<std::vector<Certificate>> certificates_of(std::string_view pem);

}  // namespace clientcert

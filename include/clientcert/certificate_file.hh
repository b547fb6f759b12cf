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

/// The same of PEM in memory, or one certificate in DER.
Result<std::vector<Certificate>> certificates_of(std::string_view text);

/// Whether it may be DER: a SEQUENCE of more than 127 octets. No text begins like that.
bool is_der(std::string_view text);

}  // namespace clientcert

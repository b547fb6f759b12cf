// SPDX-License-Identifier: Apache-2.0
// Certificates as headers have them.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/result.hh>

#include <string>
#include <string_view>
#include <vector>

namespace clientcert::formats {

/// One certificate in DER, and nothing but DER: encoded again it is the same.
Result<Certificate> certificate_of_der(std::string_view der);

/// DER in base64 without line breaks.
Result<Certificate> certificate_of_base64(std::string_view text);

/// Certificates in PEM (RFC 7468), at least one and at most `longest_chain`. Line breaks may have
/// become spaces or tabs; nothing else may stand around or between the certificates.
Result<std::vector<Certificate>> certificates_of_pem(std::string_view text);

/// The same behind percent-encoding. What has none is left as it is.
Result<std::vector<Certificate>> certificates_of_encoded_pem(std::string_view text);

/// For a field that has the certificate of the client alone.
Result<std::vector<Certificate>> only_one(Result<std::vector<Certificate>> certificates);

/// With line breaks, the last line ended.
std::string pem_of_der(std::string_view der);

/// "more than 10 certificates".
Error too_many_certificates();

}  // namespace clientcert::formats

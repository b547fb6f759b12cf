// SPDX-License-Identifier: Apache-2.0
// The headers of AWS's Application Load Balancer in its mode "verify"; "passthrough" is read too.
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;

/// That of the mode "verify", and that of "passthrough", which has the chain.
constexpr std::string_view names[] = {"X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Mtls-Clientcert"};

std::string validity(const Certificate &certificate)
{
    return "NotBefore=" + rfc3339(certificate.not_before()) +
           ";NotAfter=" + rfc3339(certificate.not_after());
}

/// "+=/ as safe characters"
std::string leaf(const Certificate &certificate)
{
    static constexpr OctetSet kept{
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+=/"};
    return percent_encoded(pem_of_der(certificate.der()), kept);
}

Result<Certificates> read(std::span<const std::optional<std::string_view>> values,
                          HeaderReader::Hop)
{
    std::string_view found;
    for (const auto &value : values) {
        if (!value || value->empty())
            continue;
        if (!found.empty())
            return Error{"both X-Amzn-Mtls-Clientcert-Leaf and X-Amzn-Mtls-Clientcert are there: a "
                         "load balancer sends one of them"};
        found = *value;
    }
    return found.empty() ? Certificates{} : certificates_of_encoded_pem(found);
}

}  // namespace

constinit const HeaderField aws_fields[] = {
    {"X-Amzn-Mtls-Clientcert-Serial-Number", if_valid<upper_hex_serial>, false},
    {"X-Amzn-Mtls-Clientcert-Issuer", if_valid<issuer_rfc2253>, false},
    {"X-Amzn-Mtls-Clientcert-Subject", if_valid<subject_rfc2253>, false},
    {"X-Amzn-Mtls-Clientcert-Validity", if_valid<validity>, false},
    {names[0], if_valid<leaf>, false},
};

constinit const HeaderReader aws_reader{names, read, false};

}  // namespace clientcert::formats

// SPDX-License-Identifier: Apache-2.0
#include "core/formats/certificates.hh"

#include "core/formats/base64_text.hh"
#include "core/formats/escape.hh"

#include <clientcert/header_format.hh>

#include <algorithm>

namespace clientcert::formats {
namespace {

constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end = "-----END CERTIFICATE-----";
constexpr std::string_view white_space = " \t\r\n";

void skip_white_space(std::string_view &text)
{
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
}

std::string without_white_space(std::string_view text)
{
    std::string dense{text};
    std::erase_if(dense, [](char c) { return white_space.find(c) != white_space.npos; });
    return dense;
}

/// Takes one certificate off the front.
Result<Certificate> take_certificate(std::string_view &text)
{
    if (!text.starts_with(begin))
        return Error{excerpt(text) + " is no certificate in PEM: " + std::string{begin} +
                     " is expected"};
    const auto stop = text.find(end, begin.size());
    if (stop == text.npos)
        return Error{"a certificate in PEM has no " + std::string{end}};
    const auto body = text.substr(begin.size(), stop - begin.size());
    text.remove_prefix(stop + end.size());
    return certificate_of_base64(without_white_space(body));
}

}  // namespace

Result<Certificate> certificate_of_der(std::string_view der)
{
    const openssl::ErrorScope errors;
    const auto octets = octets_of(der);
    const auto *p = octets.data();
    const openssl::X509Ptr x509{d2i_X509(nullptr, &p, static_cast<long>(octets.size()))};
    if (!x509)
        return Error{"what is encoded is no certificate in DER"};
    if (p != octets.data() + octets.size())
        return Error{"behind the certificate there are " +
                     std::to_string(octets.data() + octets.size() - p) + " more octets"};
    Certificate certificate{x509.get()};
    if (certificate.der() != der)
        return Error{"the certificate is in BER that is not DER"};
    return certificate;
}

Result<Certificate> certificate_of_base64(std::string_view text)
{
    const auto der = base64_decoded(text);
    return der ? certificate_of_der(*der) : Error{der.error()};
}

Result<std::vector<Certificate>> certificates_of_pem(std::string_view text)
{
    std::vector<Certificate> certificates;
    skip_white_space(text);
    do {
        if (certificates.size() == longest_chain)
            return too_many_certificates();
        auto certificate = take_certificate(text);
        if (!certificate)
            return Error{certificate.error()};
        certificates.push_back(*std::move(certificate));
        skip_white_space(text);
    } while (!text.empty());
    return certificates;
}

Result<std::vector<Certificate>> certificates_of_encoded_pem(std::string_view text)
{
    const auto pem = percent_decoded(text);
    return pem ? certificates_of_pem(*pem) : Error{pem.error()};
}

Result<std::vector<Certificate>> only_one(Result<std::vector<Certificate>> certificates)
{
    if (certificates && certificates->size() > 1)
        return Error{std::to_string(certificates->size()) +
                     " certificates, where that of the client alone is expected"};
    return certificates;
}

std::string pem_of_der(std::string_view der)
{
    constexpr std::size_t line = 64;
    const std::string text = base64(octets_of(der));
    std::string pem{begin};
    for (std::size_t at = 0; at < text.size(); at += line)
        (pem += '\n').append(text, at, line);
    return ((pem += '\n') += end) += '\n';
}

Error too_many_certificates()
{
    return Error{"more than " + std::to_string(longest_chain) + " certificates"};
}

}  // namespace clientcert::formats

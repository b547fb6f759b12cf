// SPDX-License-Identifier: Apache-2.0
// Client-Cert and Client-Cert-Chain (RFC 9440).
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"
#include "core/formats/structured_fields.hh"

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;
using Value = std::optional<std::string_view>;

/// A Byte Sequence of Structured Fields (RFC 8941, 3.3.5).
std::string byte_sequence(std::string_view der)
{
    return ':' + base64(octets_of(der)) + ':';
}

/// 2.2
std::string client_cert(const Certificate &certificate)
{
    return byte_sequence(certificate.der());
}

/// 2.3: in the order of TLS, without the leaf.
std::optional<std::string> client_cert_chain(const Client &client)
{
    if (client.certificate() == nullptr)
        return std::nullopt;
    std::string list;
    for (const auto &der : client.evidence().chain_der())
        list += (list.empty() ? "" : ", ") + byte_sequence(der);
    return list.empty() ? std::nullopt : std::optional{std::move(list)};
}

constexpr std::string_view names[] = {"Client-Cert", "Client-Cert-Chain"};

/// ProxySG had a Client-Cert long before the RFC: "sno=..&subject=..&validfrom=..", no certificate.
bool is_of_proxysg(std::string_view value)
{
    return value.starts_with("sno=") || value.find("&validfrom=") != value.npos;
}

Result<Certificate> read_client_cert(std::string_view value)
{
    if (is_of_proxysg(value))
        return Error{excerpt(value) + " is the Client-Cert of a Symantec (Broadcom) ProxySG, which "
                                      "has no certificate in it; that of RFC 9440 is expected"};
    const auto der = byte_sequence_item(value);
    if (!der)
        return Error{der.error()};
    if (der->empty())
        return Error{"an empty Byte Sequence: a proxy has to leave the field out where its client "
                     "has no certificate"};
    return certificate_of_der(*der);
}

/// Adds the certificates of the chain to that of the client.
Result<Certificates> read_chain(std::string_view value, Certificates certificates)
{
    const std::string in_chain = "in Client-Cert-Chain: ";
    const auto list = byte_sequence_list(value, longest_chain - 1);
    if (!list)
        return Error{in_chain + list.error()};
    for (const auto &der : *list) {
        auto certificate = certificate_of_der(der);
        if (!certificate)
            return Error{in_chain + certificate.error()};
        certificates.push_back(*std::move(certificate));
    }
    return certificates;
}

Result<Certificates> read(std::span<const Value> values, HeaderReader::Hop)
{
    const std::string_view leaf = values[0].value_or("");
    const Value chain = values.size() > 1 ? values[1] : Value{};
    if (leaf.empty()) {
        // 2.3: it must not appear without the other.
        if (chain)
            return Error{"there is a Client-Cert-Chain without a Client-Cert"};
        return Certificates{};
    }
    auto certificate = read_client_cert(leaf);
    if (!certificate)
        return Error{certificate.error()};
    Certificates certificates{*std::move(certificate)};
    return chain ? read_chain(*chain, std::move(certificates)) : std::move(certificates);
}

}  // namespace

constinit const HeaderField rfc9440_fields[] = {
    {names[0], if_valid<client_cert>, true},
    {names[1], client_cert_chain, true, true},
};

constinit const HeaderReader rfc9440_reader{names, read, false};

}  // namespace clientcert::formats

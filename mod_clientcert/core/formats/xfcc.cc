// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-Client-Cert as Envoy writes it: one element of "key=value" pairs.
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"
#include "core/formats/xfcc_elements.hh"

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;

constexpr std::string_view names[] = {"X-Forwarded-Client-Cert"};

std::string encoded_chain(const Client &client)
{
    std::string pem;
    for (const auto &der : presented_der(client))
        pem += pem_of_der(der);
    return percent_encoded(pem);
}

/// Envoy quotes no name, though its description of the format does; it matters for those only
/// that could pass for something else.
std::string pair_of_name(std::string_view key, const std::string &name)
{
    std::string value;
    for (const char c : name)
        (value += c == '"' ? "\\" : "") += c;
    const bool is_plain = name.find_first_of(" \t\",;=\\") == name.npos;
    const std::string_view quote = is_plain ? "" : "\"";
    return ';' + std::string{key} + '=' + std::string{quote} + value + std::string{quote};
}

/// In the order of Envoy, each key that there is something for: Chain, which repeats the leaf, only
/// where there is something behind it. RFC 2253 has escaped the quotes of the subject.
std::string element(const Client &client)
{
    const auto &leaf = *client.certificate();
    std::string text = "Hash=" + lower_hex(leaf.fingerprint()) + ";Cert=\"" +
                       percent_encoded(pem_of_der(leaf.der())) + '"';
    if (!client.evidence().chain_der().empty())
        text += ";Chain=\"" + encoded_chain(client) + '"';
    text += ";Subject=\"" + subject_rfc2253(leaf) + '"';
    for (const auto &name : client.subject_alt_names())
        if (name.type == SanType::uri)
            text += pair_of_name("URI", name.text);
    for (const auto &name : client.subject_alt_names())
        if (name.type == SanType::dns)
            text += pair_of_name("DNS", name.text);
    return text;
}

/// Cloud Foundry's router has one certificate in the same field, without anything around it. In
/// base64 a certificate begins with MI (a SEQUENCE of more than 127 octets); no key of Envoy does.
bool is_bare(std::string_view value)
{
    return value.starts_with("MI") || value.starts_with("-----BEGIN");
}

Result<Certificates> read_bare(std::string_view value)
{
    if (value.starts_with('-'))
        return only_one(certificates_of_encoded_pem(value));
    auto certificate = certificate_of_base64(value);
    return certificate ? Result<Certificates>{Certificates{*std::move(certificate)}}
                       : Error{certificate.error()};
}

Result<Certificates> read_element(const XfccElement &element)
{
    if (!element.cert && !element.chain)
        return Error{"the element has neither Cert nor Chain: set_current_client_cert_details of "
                     "Envoy has to say cert: true and chain: true"};
    auto cert = element.cert ? only_one(certificates_of_encoded_pem(*element.cert))
                             : Result<Certificates>{Certificates{}};
    if (!cert)
        return Error{"in Cert: " + cert.error()};
    if (!element.chain)
        return cert;
    auto chain = certificates_of_encoded_pem(*element.chain);
    if (!chain)
        return Error{"in Chain: " + chain.error()};
    if (element.cert && chain->front().der() != cert->front().der())
        return Error{"Chain begins with another certificate than that of Cert"};
    return chain;
}

Result<Certificates> read(std::span<const std::optional<std::string_view>> values,
                          HeaderReader::Hop hop)
{
    const std::string_view value = trimmed(values[0].value_or(""));
    if (is_bare(value))
        return read_bare(value);
    const auto elements = xfcc_elements(value);
    if (!elements)
        return Error{elements.error()};
    if (elements->empty())
        return Certificates{};
    return read_element(hop == HeaderReader::Hop::first ? elements->front() : elements->back());
}

}  // namespace

constinit const HeaderField xfcc_fields[] = {{names[0], if_valid<element>, false}};

constinit const HeaderReader xfcc_reader{names, read, true};

}  // namespace clientcert::formats

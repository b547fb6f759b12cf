// SPDX-License-Identifier: Apache-2.0
// The headers of WebMux, whose manual names them and leaves open how the contents are written.
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"

namespace clientcert::formats {
namespace {

std::optional<std::string> termination(const Client &client)
{
    return came_by_tls(client) ? std::optional<std::string>{"true"} : std::nullopt;
}

constexpr std::string_view key_of(SanType type)
{
    switch (type) {
    case SanType::email:
        return "san-email";
    case SanType::dns:
        return "san-dns";
    case SanType::uri:
        return "san-uri";
    case SanType::ip:
        return "san-ip";
    case SanType::upn:
        return "san-upn";
    case SanType::dns_srv:
        break;
    }
    return "san-srv";
}

/// Pairs as the parameters of many a header: key="value", divided by semicolons. A quote or
/// backslash in a value has a backslash before it, so that no value can pass for another.
std::string contents(const Client &client, const Certificate &certificate)
{
    std::string line;
    const auto pair = [&](std::string_view key, std::string_view value) {
        (((line += line.empty() ? "" : "; ") += key) += '=') += quoted_string(value);
    };
    pair("subject", rfc4514(certificate.subject()));
    pair("issuer", rfc4514(certificate.issuer()));
    pair("serial", upper_hex_serial(certificate));
    pair("notBefore", rfc3339(certificate.not_before()));
    pair("notAfter", rfc3339(certificate.not_after()));
    for (const auto &name : client.subject_alt_names())
        pair(key_of(name.type), name.text);
    pair("certificate", base64(octets_of(certificate.der())));
    return line;
}

std::optional<std::string> ssl_client(const Client &client)
{
    const auto *certificate = client.certificate();
    return certificate ? contents(client, *certificate) : "NO CLIENT CERTIFICATE";
}

std::optional<std::string> verify(const Client &client)
{
    const auto &verdict = client.verdict();
    std::string text{word(verdict.state)};
    if (verdict.state == Verdict::State::failed)
        (text += ':') += word(verdict.reason);
    return text;
}

}  // namespace

constinit const HeaderField webmux_fields[] = {
    {"X-WebMux-SSL-termination", termination, false},
    {"X-WebMux-SSL-Client", ssl_client, false},
    {"X-WebMux-SSL-Client-Verify", verify, false},
};

}  // namespace clientcert::formats

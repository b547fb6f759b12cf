// SPDX-License-Identifier: Apache-2.0
#include <clientcert/client.hh>
#include <clientcert/header_format.hh>

#include <algorithm>

namespace clientcert {
namespace {

/// A Byte Sequence of Structured Fields (RFC 8941, 3.3.5).
std::string byte_sequence(std::string_view der)
{
    return ':' + base64(octets_of(der)) + ':';
}

/// RFC 9440, 2.2.
std::optional<std::string> client_cert(const Client &client)
{
    const auto *certificate = client.certificate();
    return certificate ? std::optional{byte_sequence(certificate->der())} : std::nullopt;
}

/// RFC 9440, 2.3: in the order of TLS, without the leaf.
std::optional<std::string> client_cert_chain(const Client &client)
{
    if (client.certificate() == nullptr)
        return std::nullopt;
    std::string list;
    for (const auto &der : client.evidence().chain_der())
        list += (list.empty() ? "" : ", ") + byte_sequence(der);
    return list.empty() ? std::nullopt : std::optional{std::move(list)};
}

constexpr auto rfc9440 = std::to_array<HeaderField>({
    {"Client-Cert", client_cert, true},
    {"Client-Cert-Chain", client_cert_chain, true},
});

constexpr auto formats = std::to_array<HeaderFormat>({
    {"rfc9440", "Client-Cert and Client-Cert-Chain of RFC 9440", rfc9440, true, nullptr},
});

}  // namespace

std::span<const HeaderFormat> header_formats()
{
    return formats;
}

const HeaderFormat *header_format(std::string_view name)
{
    const auto *found = std::ranges::find(formats, name, &HeaderFormat::name);
    return found == formats.end() ? nullptr : found;
}

std::string header_format_names(bool readable_only)
{
    std::string names;
    for (const auto &format : formats)
        if (!readable_only || format.reader != nullptr)
            (names += names.empty() ? "" : ", ") += format.name;
    return names;
}

}  // namespace clientcert

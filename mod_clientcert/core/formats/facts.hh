// SPDX-License-Identifier: Apache-2.0
// What several formats tell of a client.
#pragma once

#include <clientcert/client.hh>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace clientcert::formats {

/// The writer of a field about the certificate: left out unless that is valid. `Write` takes the
/// certificate, or the client that has it.
template <auto Write>
std::optional<std::string> if_valid(const Client &client)
{
    const auto *certificate = client.certificate();
    if (certificate == nullptr)
        return std::nullopt;
    if constexpr (std::is_invocable_v<decltype(Write), const Client &>)
        return Write(client);
    else
        return Write(*certificate);
}

/// NONE, SUCCESS, or FAILED: and what OpenSSL says of such a certificate: nginx's
/// $ssl_client_verify.
std::string verify_text(const Client &client);

/// What OpenSSL says of such a certificate.
std::string openssl_text(Reason reason);

/// Also where the proxy before us terminated it, which a certificate of its client shows.
inline bool came_by_tls(const Client &client)
{
    return client.evidence().source == "tls" || client.evidence().leaf;
}

using Sha1 = std::array<std::uint8_t, 20>;
Sha1 sha1_of(const Certificate &certificate);

/// In lower-case hexadecimal.
std::string sha1_fingerprint(const Certificate &certificate);

/// The value of SSL_CLIENT_`rest`, which mod_ssl has defined.
std::string ssl_variable(const Client &client, std::string_view rest);

std::string subject_rfc2253(const Certificate &certificate);
std::string issuer_rfc2253(const Certificate &certificate);

/// The client's own certificate and those behind it, as the peer presented them, in DER.
std::vector<std::string> presented_der(const Client &client);

}  // namespace clientcert::formats

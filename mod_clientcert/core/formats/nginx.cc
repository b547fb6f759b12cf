// SPDX-License-Identifier: Apache-2.0
// The variables of nginx's ngx_http_ssl_module under the names that its users give them.
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;

constexpr std::string_view names[] = {"X-SSL-Client-Cert"};

/// $ssl_client_escaped_cert
std::string cert(const Certificate &certificate)
{
    return percent_encoded(pem_of_der(certificate.der()));
}

std::optional<std::string> verify(const Client &client)
{
    return verify_text(client);
}

/// nginx sends no empty values.
std::optional<std::string> unless_empty(std::optional<std::string> value)
{
    return value && value->empty() ? std::nullopt : std::move(value);
}

std::optional<std::string> subject(const Client &client)
{
    return unless_empty(if_valid<subject_rfc2253>(client));
}

std::optional<std::string> issuer(const Client &client)
{
    return unless_empty(if_valid<issuer_rfc2253>(client));
}

/// Also raw PEM whose line breaks became blanks ($ssl_client_cert; mod_headers with
/// %{SSL_CLIENT_CERT}s, which says "(null)" where there is none).
Result<Certificates> read(std::span<const std::optional<std::string_view>> values,
                          HeaderReader::Hop)
{
    const std::string_view value = trimmed(values[0].value_or(""));
    if (value.empty() || value == "(null)")
        return Certificates{};
    return only_one(certificates_of_encoded_pem(value));
}

}  // namespace

constinit const HeaderField nginx_fields[] = {
    {names[0], if_valid<cert>, false},
    {"X-SSL-Client-Verify", verify, false},
    {"X-SSL-Client-S-DN", subject, false},
    {"X-SSL-Client-I-DN", issuer, false},
    {"X-SSL-Client-Serial", if_valid<upper_hex_serial>, false},
    {"X-SSL-Client-Fingerprint", if_valid<sha1_fingerprint>, false},
};

constinit const HeaderReader nginx_reader{names, read, false};

}  // namespace clientcert::formats

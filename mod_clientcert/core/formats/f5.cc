// SPDX-License-Identifier: Apache-2.0
// The headers that F5 BIG-IP inserts by X509::cert_fields.
#include "core/formats/certificates.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"
#include "core/openssl.hh"

namespace clientcert::formats {
namespace {

std::optional<std::string> status(const Client &client)
{
    const auto &verdict = client.verdict();
    switch (verdict.state) {
    case Verdict::State::none:
        return "NoClientCert";
    case Verdict::State::success:
        return "OK";
    case Verdict::State::failed:
        break;
    }
    return openssl_text(verdict.reason);
}

/// "21:be:91"
std::string with_colons(Octets octets)
{
    std::string text;
    for (const auto &octet : octets)
        (text += text.empty() ? "" : ":") += lower_hex({&octet, 1});
    return text;
}

/// MD5, which OpenSSL need not have.
std::optional<std::string> hash(const Client &client)
{
    const auto *certificate = client.certificate();
    if (certificate == nullptr)
        return std::nullopt;
    const openssl::ErrorScope errors;
    std::array<std::uint8_t, 16> digest;
    const std::string der = certificate->der();
    if (EVP_Digest(der.data(), der.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1)
        return std::nullopt;
    return with_colons(digest);
}

/// "C=SG, O=F5, CN=Alice": the order of the certificate.
std::string one_line(const X509_NAME *name)
{
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    if (!bio)
        throw std::bad_alloc{};
    X509_NAME_print_ex(bio.get(), name, 0,
                       ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN);
    return openssl::contents(bio);
}

std::string issuer(const Certificate &certificate)
{
    return one_line(certificate.issuer());
}

std::string subject(const Certificate &certificate)
{
    return one_line(certificate.subject());
}

std::string serial(const Certificate &certificate)
{
    const auto *number = X509_get0_serialNumber(certificate.x509());
    const bool is_negative = ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER;
    return (is_negative ? "-" : "") + with_colons(openssl::octets_of(number));
}

std::string signature_algorithm(const Client &client)
{
    return ssl_variable(client, "A_SIG");
}

/// "RSA 2048"
std::string public_key(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    const auto *key = X509_get0_pubkey(certificate.x509());
    if (key == nullptr)
        return "unknown";
    const char *type = EVP_PKEY_get0_type_name(key);
    return std::string{type != nullptr ? type : "unknown"} + ' ' +
           std::to_string(EVP_PKEY_get_bits(key));
}

std::string not_before(const Client &client)
{
    return ssl_variable(client, "V_START");
}

std::string not_after(const Client &client)
{
    return ssl_variable(client, "V_END");
}

std::string version(const Client &client)
{
    return ssl_variable(client, "M_VERSION");
}

/// PEM with three spaces for each line break, but for the last.
std::string cert(const Certificate &certificate)
{
    std::string line;
    for (const char c : pem_of_der(certificate.der()))
        c == '\n' ? line += "   " : line += c;
    line.resize(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

constinit const HeaderField f5_fields[] = {
    {"SSLClientCertStatus", status, false},
    {"SSLClientCertHash", hash, false},
    {"SSLClientCertIssuer", if_valid<issuer>, false},
    {"SSLClientCertSerialNumber", if_valid<serial>, false},
    {"SSLClientCertSignatureAlgorithm", if_valid<signature_algorithm>, false},
    {"SSLClientCertSubject", if_valid<subject>, false},
    {"SSLClientCertSubjectPublicKey", if_valid<public_key>, false},
    {"SSLClientCertNotValidBefore", if_valid<not_before>, false},
    {"SSLClientCertNotValidAfter", if_valid<not_after>, false},
    {"SSLClientCertVersion", if_valid<version>, false},
    {"SSLClientCert", if_valid<cert>, false},
};

}  // namespace clientcert::formats

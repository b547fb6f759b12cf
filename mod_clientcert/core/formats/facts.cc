// SPDX-License-Identifier: Apache-2.0
#include "core/formats/facts.hh"

#include "core/openssl.hh"

#include <clientcert/variable.hh>

#include <stdexcept>

namespace clientcert::formats {

std::string openssl_text(Reason reason)
{
    return X509_verify_cert_error_string(x509_error_of(reason));
}

std::string verify_text(const Client &client)
{
    const auto &verdict = client.verdict();
    std::string text{word(verdict.state)};
    if (verdict.state == Verdict::State::failed)
        (text += ':') += openssl_text(verdict.reason);
    return text;
}

Sha1 sha1_of(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    Sha1 digest;
    const std::string der = certificate.der();
    if (EVP_Digest(der.data(), der.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL cannot compute SHA-1"};
    return digest;
}

std::string sha1_fingerprint(const Certificate &certificate)
{
    return lower_hex(sha1_of(certificate));
}

std::string ssl_variable(const Client &client, std::string_view rest)
{
    return Variable::named("SSL_CLIENT_" + std::string{rest})->value(client);
}

std::string subject_rfc2253(const Certificate &certificate)
{
    return rfc2253(certificate.subject());
}

std::string issuer_rfc2253(const Certificate &certificate)
{
    return rfc2253(certificate.issuer());
}

std::vector<std::string> presented_der(const Client &client)
{
    std::vector<std::string> der = client.evidence().chain_der();
    der.insert(der.begin(), client.certificate()->der());
    return der;
}

}  // namespace clientcert::formats

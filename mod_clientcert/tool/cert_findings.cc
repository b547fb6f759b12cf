// SPDX-License-Identifier: Apache-2.0
// Each finding is one function, and one row of the table at the end.
#include "tool/cert_findings.hh"
#include "core/openssl.hh"

#include <clientcert/certificate_facts.hh>

#include <algorithm>

namespace clientcert::tool {
namespace {

using Finding = std::string (*)(const Certificate &certificate, Time now);

/// What OpenSSL's security level 2 asks for, and with it Debian.
constexpr int enough_bits = 112;
constexpr auto soon = std::chrono::days{30};
constexpr std::size_t longest_serial = 20;  // octets (RFC 5280, 4.1.2.2)

std::string wrong_time(const Certificate &certificate, Time now)
{
    if (certificate.not_after() < now)
        return "it has expired at " + rfc3339(certificate.not_after());
    if (now < certificate.not_before())
        return "it is not valid before " + rfc3339(certificate.not_before());
    if (certificate.not_after() < now + soon)
        return "it expires soon, at " + rfc3339(certificate.not_after());
    return {};
}

std::string weak_key(const Certificate &certificate, Time)
{
    const auto *key = X509_get0_pubkey(certificate.x509());
    if (key == nullptr)
        return "its key cannot be read";
    const int bits = EVP_PKEY_get_security_bits(key);
    return bits >= enough_bits ? std::string{}
                               : "its key is weak (" + printed_key(certificate) +
                                     "): RSA of 2048 "
                                     "bits or EC of 256 bits would do";
}

std::string weak_signature(const Certificate &certificate, Time)
{
    int bits = 0;
    if (X509_get_signature_info(certificate.x509(), nullptr, nullptr, &bits, nullptr) != 1)
        return {};
    return bits >= enough_bits ? std::string{}
                               : "its signature is weak (" + signature_algorithm(certificate) +
                                     "): SHA-256 would do";
}

std::string wrong_purpose(const Certificate &certificate, Time)
{
    if (X509_check_purpose(certificate.x509(), X509_PURPOSE_SSL_CLIENT, 0) == 1)
        return {};
    return "it is not meant for TLS clients: extended key usage without clientAuth, or key usage "
           "without digitalSignature";
}

std::string is_authority(const Certificate &certificate, Time)
{
    return X509_check_ca(certificate.x509()) == 1 ? "it is the certificate of a CA, not of a client"
                                                  : std::string{};
}

std::string old_version(const Certificate &certificate, Time)
{
    const long version = X509_get_version(certificate.x509()) + 1;
    return version >= 3 ? std::string{}
                        : "it is of version " + std::to_string(version) + ", without extensions";
}

std::string odd_serial(const Certificate &certificate, Time)
{
    const auto *serial = X509_get0_serialNumber(certificate.x509());
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        return "its serial number is negative";
    return static_cast<std::size_t>(ASN1_STRING_length(serial)) <= longest_serial
               ? std::string{}
               : "its serial number has more than 20 octets";
}

std::string no_name(const Certificate &certificate, Time)
{
    const bool named = X509_NAME_entry_count(certificate.subject()) > 0 ||
                       !certificate.subject_alt_names().empty();
    return named ? std::string{}
                 : "it names nobody: it has neither a subject nor alternative names";
}

std::string unusable_name(const Certificate &certificate, Time)
{
    for (const auto &name : certificate.subject_alt_names())
        if (!name.usable)
            return "the alternative name " + quoted(name.text) +
                   " has a control character: it never matches anything";
    return {};
}

constexpr Finding table[] = {
    wrong_time,  weak_key,   weak_signature, wrong_purpose, is_authority,
    old_version, odd_serial, no_name,        unusable_name,
};

/// Each has to be issued by the one behind it.
std::string wrong_order(const Evidence &evidence)
{
    const auto *below = &*evidence.leaf;
    for (std::size_t i = 0; i < evidence.chain.size(); below = &evidence.chain[i++])
        if (X509_check_issued(evidence.chain[i].x509(), below->x509()) != X509_V_OK)
            return "certificate " + std::to_string(i + 2) + " of the file is not the issuer of " +
                   "certificate " + std::to_string(i + 1) +
                   ": the client's comes first, then its "
                   "issuer, and so on";
    return {};
}

}  // namespace

std::vector<std::string> findings_on(const Evidence &evidence, Time now)
{
    const openssl::ErrorScope errors;
    std::vector<std::string> findings;
    const auto add = [&](std::string text) {
        if (!text.empty())
            findings.push_back(std::move(text));
    };
    for (const auto find : table)
        add(find(*evidence.leaf, now));
    add(wrong_order(evidence));
    return findings;
}

}  // namespace clientcert::tool

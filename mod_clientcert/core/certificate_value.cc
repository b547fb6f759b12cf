// SPDX-License-Identifier: Apache-2.0
#include "core/certificate_value.hh"

#include "core/asn1_text.hh"
#include "core/utf8.hh"

#include <algorithm>

namespace clientcert {
namespace {

bool is_ascii(Octets octets)
{
    return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet < 0x80; });
}

/// As UTF-8, unescaped; nothing where it is no text of its type.
std::optional<std::string> utf8_of(const ASN1_STRING *string)
{
    const Octets octets = openssl::octets_of(string);
    switch (ASN1_STRING_type(string)) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_NUMERICSTRING:
        if (!is_ascii(octets))
            return std::nullopt;
        [[fallthrough]];
    case V_ASN1_UTF8STRING:
        return std::string{octets.begin(), octets.end()};
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        break;
    default:
        return std::nullopt;
    }
    const openssl::ErrorScope errors;
    std::uint8_t *utf8 = nullptr;
    const int length = ASN1_STRING_to_UTF8(&utf8, string);
    const std::unique_ptr<std::uint8_t, decltype([](void *p) { OPENSSL_free(p); })> owned{utf8};
    if (length < 0)
        return std::nullopt;
    return std::string{reinterpret_cast<const char *>(utf8), static_cast<std::size_t>(length)};
}

}  // namespace

CertificateValue value_of(const ASN1_STRING *string)
{
    auto text = utf8_of(string);
    if (text && is_clean_text(*text))
        return {std::move(*text), true};
    return {text_of(string), false};
}

CertificateValue value_of(const X509_NAME *name)
{
    return {rfc4514(name), is_usable(name)};
}

bool is_usable(const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); ++i)
        if (!value_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i))).usable)
            return false;
    return true;
}

}  // namespace clientcert

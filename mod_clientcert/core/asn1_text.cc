// SPDX-License-Identifier: Apache-2.0
#include "core/asn1_text.hh"

#include <algorithm>

namespace clientcert {
namespace {

constexpr OctetSet backslash{"\\"};
constexpr OctetSet beyond_ascii = OctetSet{""}.with_high();
constexpr OctetSet backslash_or_beyond_ascii = backslash.with_high();

bool is_control(std::uint8_t octet)
{
    return octet < 0x20 || octet == 0x7f;
}

/// Types whose octets below 128 are ASCII; those above are UTF-8 in a UTF8String alone.
bool is_ascii_based(int type)
{
    switch (type) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_T61STRING:
        return true;
    default:
        return false;
    }
}

}  // namespace

bool is_plain(const ASN1_STRING *string, const OctetSet &escaped)
{
    const int type = ASN1_STRING_type(string);
    if (!is_ascii_based(type))
        return false;
    return std::ranges::none_of(openssl::octets_of(string), [&](std::uint8_t octet) {
        return is_control(octet) || (octet > 0x7e && type != V_ASN1_UTF8STRING) ||
               escaped.contains(octet);
    });
}

std::string text_of(const ASN1_STRING *string, bool raw)
{
    if (is_plain(string, raw ? backslash_or_beyond_ascii : backslash)) {
        const Octets octets = openssl::octets_of(string);
        return {octets.begin(), octets.end()};
    }
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    const unsigned long flags = ASN1_STRFLGS_ESC_CTRL | (raw ? 0UL : ASN1_STRFLGS_UTF8_CONVERT);
    if (!bio)
        throw std::bad_alloc{};
    ASN1_STRING_print_ex(bio.get(), string, flags);
    return openssl::contents(bio);
}

bool has_control_character(const ASN1_STRING *string)
{
    if (is_plain(string, beyond_ascii))
        return false;
    unsigned char *utf8 = nullptr;
    const openssl::ErrorScope errors;
    const int length = ASN1_STRING_to_UTF8(&utf8, string);
    const std::unique_ptr<unsigned char, decltype([](void *p) { OPENSSL_free(p); })> owned{utf8};
    if (length < 0)
        return true;
    return std::ranges::any_of(Octets{utf8, static_cast<std::size_t>(length)}, is_control);
}

}  // namespace clientcert

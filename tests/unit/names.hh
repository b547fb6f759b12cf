// SPDX-License-Identifier: Apache-2.0
// Names made for a test, by OpenSSL alone, some of them by chance.
#pragma once

#include "pki.hh"

#include <clientcert/name.hh>

namespace clientcert::test {

using Name = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;

struct Part {
    std::string type;  ///< short name or dotted OID
    std::string value;
    int string_type = V_ASN1_UTF8STRING;
    bool same_rdn = false;  ///< as the part before it
};

inline Name name_of(const std::vector<Part> &parts)
{
    Name name{needed(X509_NAME_new())};
    for (const auto &part : parts)
        needed(X509_NAME_add_entry_by_txt(
            name.get(), part.type.c_str(), part.string_type, octets_of(part.value).data(),
            static_cast<int>(part.value.size()), -1, part.same_rdn ? -1 : 0));
    return name;
}

inline Name name_of_der(std::string_view der)
{
    const auto *p = octets_of(der).data();
    return Name{needed(d2i_X509_NAME(nullptr, &p, static_cast<long>(der.size())))};
}

/// As `name_of_der` of what it encodes to: as it stands in a certificate.
inline Name encoded(const Name &name)
{
    std::uint8_t *der = nullptr;
    const int length = i2d_X509_NAME(name.get(), &der);
    const std::unique_ptr<std::uint8_t, decltype([](void *p) { OPENSSL_free(p); })> owned{der};
    if (length <= 0)
        throw std::runtime_error{"a name cannot be encoded"};
    return name_of_der({reinterpret_cast<const char *>(der), static_cast<std::size_t>(length)});
}

/// Pieces of values, each one character in every type that has it.
inline std::string random_value(Chance &chance, int string_type)
{
    const auto usual = std::to_array<std::string>(
        {"a", "B", "9", "garex AG", "@", "/", "=", "-", ".", ":", "'", "(", "e", "*"});
    const auto special =
        std::to_array<std::string>({" ", "  ", ",", "+", "\"", "\\", "<", ">", ";", "#", "\t", "\n",
                                    "\r", "\x1b", "\x7f", std::string{'\0'}});
    const auto utf8 = std::to_array<std::string>(
        {"\xc3\xa9", "\xc4\x8d", "\xe2\x82\xac", "\xf0\x9f\x91\x8d", "\xc2\x80"});
    const bool odd = chance.one_in(4);
    std::string value;
    for (std::size_t length = chance.below(6); length > 0; --length) {
        std::string piece = odd && chance.one_in(2) ? chance.one_of(special) : chance.one_of(usual);
        if (string_type == V_ASN1_UTF8STRING && chance.one_in(8))
            piece = chance.one_of(utf8);
        if (string_type == V_ASN1_T61STRING && chance.one_in(8))
            piece = "\xe9";
        const std::size_t width = string_type == V_ASN1_BMPSTRING         ? 2
                                  : string_type == V_ASN1_UNIVERSALSTRING ? 4
                                                                          : 1;
        for (const char c : piece)
            value += std::string(width - 1, '\0') + c;
    }
    return value;
}

/// One to eight attributes, known and unknown, alone and together in an RDN.
inline Name random_name(Chance &chance)
{
    const auto types = std::to_array<std::string>(
        {"CN", "CN", "O", "OU", "OU", "C", "ST", "L", "emailAddress", "UID", "DC", "title",
         "initials", "GN", "SN", "description", "serialNumber", "street"});
    const auto others = std::to_array<std::string>(
        {"businessCategory", "postalCode", "1.2.3.4.5", "2.5.4.99", "x500UniqueIdentifier"});
    const auto ascii = std::to_array<int>({V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING});
    // OpenSSL reads no VisibleString in a name, and compares a NumericString with its like alone.
    const auto strings = std::to_array<int>(
        {V_ASN1_IA5STRING, V_ASN1_T61STRING, V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING});
    std::vector<Part> parts;
    for (std::size_t count = chance.below(8) + 1; count > 0; --count) {
        const int string_type = chance.one_in(6) ? chance.one_of(strings) : chance.one_of(ascii);
        parts.push_back({chance.one_in(20) ? chance.one_of(others) : chance.one_of(types),
                         random_value(chance, string_type), string_type,
                         !parts.empty() && chance.one_in(4)});
    }
    return name_of(parts);
}

}  // namespace clientcert::test

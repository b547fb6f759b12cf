// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <stdexcept>

namespace clientcert {
namespace {

std::string hex(Octets octets, std::string_view digits)
{
    std::string text;
    text.reserve(octets.size() * 2);
    for (const auto octet : octets) {
        text += digits[octet >> 4];
        text += digits[octet & 0x0f];
    }
    return text;
}

int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

}  // namespace

Sha256 sha256(Octets octets)
{
    const openssl::ErrorScope errors;
    Sha256 digest;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha256(), nullptr) !=
        1)
        throw std::runtime_error{"OpenSSL cannot compute SHA-256"};
    return digest;
}

std::string lower_hex(Octets octets)
{
    return hex(octets, "0123456789abcdef");
}

std::string upper_hex(Octets octets)
{
    return hex(octets, "0123456789ABCDEF");
}

std::optional<std::string> from_hex(std::string_view text)
{
    std::string octets;
    while (!text.empty()) {
        if (!octets.empty() && text.front() == ':')
            text.remove_prefix(1);
        if (text.size() < 2 || digit(text[0]) < 0 || digit(text[1]) < 0)
            return std::nullopt;
        octets += static_cast<char>(digit(text[0]) << 4 | digit(text[1]));
        text.remove_prefix(2);
    }
    return octets;
}

std::string base64(Octets octets)
{
    std::string text((octets.size() + 2) / 3 * 4, '\0');
    // EVP_EncodeBlock ends with a NUL, for which a std::string has room.
    EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()), octets.data(),
                    static_cast<int>(octets.size()));
    return text;
}

std::string quoted(std::string_view text)
{
    const bool has_double = text.find('"') != text.npos;
    const char quote = has_double && text.find('\'') == text.npos ? '\'' : '"';
    std::string line{quote};
    for (const char c : text) {
        const auto octet = static_cast<std::uint8_t>(c);
        if (c == quote || c == '\\')
            (line += '\\') += c;
        else if (octet < 0x20 || octet == 0x7f)
            (line += "\\x") += upper_hex({&octet, 1});
        else
            line += c;
    }
    return line += quote;
}

}  // namespace clientcert

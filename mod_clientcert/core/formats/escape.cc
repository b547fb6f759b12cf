// SPDX-License-Identifier: Apache-2.0
#include "core/formats/escape.hh"

#include <clientcert/octets.hh>

namespace clientcert::formats {

std::string percent_encoded(std::string_view text, const OctetSet &kept)
{
    std::string encoded;
    encoded.reserve(text.size() * 5 / 4);
    for (const char c : text) {
        const auto octet = static_cast<std::uint8_t>(c);
        if (kept.contains(octet))
            encoded += c;
        else
            (encoded += '%') += upper_hex({&octet, 1});
    }
    return encoded;
}

Result<std::string> percent_decoded(std::string_view text)
{
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const auto digits = text.substr(at + 1, 2);
        const auto octet = from_hex(digits);
        if (!octet || octet->empty())
            return Error{excerpt(text.substr(at)) +
                         " is no %XX: two hexadecimal digits are expected"};
        decoded += *octet;
        at += 2;
    }
    return decoded;
}

std::string quoted_string(std::string_view text)
{
    std::string quoted{'"'};
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted += '"';
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blank = " \t";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(blank) + 1 - first);
}

std::string excerpt(std::string_view text)
{
    constexpr std::size_t enough = 32;
    return text.size() <= enough ? quoted(text) : quoted(text.substr(0, enough)) + "...";
}

}  // namespace clientcert::formats

// SPDX-License-Identifier: Apache-2.0
#include "core/formats/base64_text.hh"

#include "core/formats/escape.hh"

#include <array>
#include <cstdint>

namespace clientcert::formats {
namespace {

constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digits = [] {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

}  // namespace

Result<std::string> base64_decoded(std::string_view text)
{
    std::size_t size = text.size();
    while (size > 0 && text.size() - size < 2 && text[size - 1] == '=')
        --size;
    std::string octets;
    octets.reserve(size / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned count = 0;  // of the bits that are no octet yet
    for (std::size_t at = 0; at < size; ++at) {
        const auto digit = digits[static_cast<std::uint8_t>(text[at])];
        if (digit == no_digit)
            return Error{excerpt(text.substr(at)) + " is no base64 (RFC 4648, section 4)"};
        bits = (bits << 6 | digit) & 0xffff;
        count += 6;
        if (count >= 8)
            octets += static_cast<char>(bits >> (count -= 8) & 0xff);
    }
    if (text.size() % 4 != 0)
        return Error{"base64 ends in the middle of a group of four characters"};
    if ((bits & ((1U << count) - 1)) != 0)
        return Error{"base64 has bits behind its last octet"};
    return octets;
}

}  // namespace clientcert::formats

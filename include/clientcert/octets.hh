// SPDX-License-Identifier: Apache-2.0
// Octets, and the ways to write them as text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace clientcert {

using Octets = std::span<const std::uint8_t>;

/// A SHA-256 digest.
using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(Octets octets);

std::string lower_hex(Octets octets);
std::string upper_hex(Octets octets);

/// The octets that pairs of hexadecimal digits name; a colon may stand between pairs.
std::optional<std::string> from_hex(std::string_view text);

/// Base64 with padding and without line breaks (RFC 4648, section 4).
std::string base64(Octets octets);

/// `text` between quotes, on one line. The quotes are double, or single where that spares escapes;
/// they and `\` are preceded by a backslash inside, control characters become \xHH. Two different
/// texts never give the same result.
std::string quoted(std::string_view text);

inline Octets octets_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Strings of ASN.1 as text.
#pragma once

#include "core/openssl.hh"

#include <array>
#include <string>
#include <string_view>

namespace clientcert {

/// UTF-8 with control characters written \HH and backslashes doubled; `raw` leaves the octets of
/// the string's own character set. To the octet what mod_ssl makes of the string.
std::string text_of(const ASN1_STRING *string, bool raw = false);

/// A set of octets that is asked for each octet of a string.
class OctetSet {
public:
    constexpr explicit OctetSet(std::string_view members)
    {
        for (const char c : members)
            has_[static_cast<std::uint8_t>(c)] = true;
    }
    constexpr bool contains(std::uint8_t octet) const { return has_[octet]; }

    /// The set and all octets beyond ASCII.
    constexpr OctetSet with_high() const
    {
        OctetSet set = *this;
        for (std::size_t octet = 128; octet < set.has_.size(); ++octet)
            set.has_[octet] = true;
        return set;
    }

private:
    std::array<bool, 256> has_{};
};

/// Whether the string is in UTF-8 or a subset of it and has neither control characters nor any of
/// `escaped`, so that it can be copied as it is.
bool is_plain(const ASN1_STRING *string, const OctetSet &escaped);

/// Whether the text of the string has a control character, NUL included.
bool has_control_character(const ASN1_STRING *string);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4) that arrives in pieces, with white space in it.
#pragma once

#include <clientcert/octets.hh>

namespace clientcert {

class Base64Decoder {
public:
    struct Progress {
        std::size_t read;
        std::size_t written;
    };

    /// Decodes until the text is over, fewer than three octets of `place` are left, or something
    /// stands there that does not belong: no character of base64 or white space, padding in the
    /// wrong place, anything behind padding.
    Progress decode(Octets text, std::span<std::uint8_t> place);

    /// Whether nothing is missing at the end.
    bool is_whole() const { return digits_ == 0; }

private:
    bool take(std::uint8_t character, std::uint8_t *&out);
    bool pad(std::uint8_t *&out);

    std::uint32_t bits_ = 0;
    unsigned digits_ = 0;   ///< of the group of four, padding included
    unsigned padding_ = 0;  ///< how much of it was padding
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// DER (ITU-T X.690) as far as a CRL needs it: elements found in place.
#pragma once

#include <clientcert/octets.hh>

#include <optional>

namespace clientcert::der {

inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t object_identifier = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t explicit_0 = 0xa0;

/// What stands before the contents of an element.
struct Header {
    std::uint8_t tag;
    std::size_t size;      ///< octets of the header
    std::uint64_t length;  ///< octets of the contents
};

inline constexpr std::size_t max_header_size = 10;

/// The size of a header by its second octet. More than `max_header_size` is none of a length that
/// anything has.
constexpr std::size_t header_size(std::uint8_t second)
{
    return second < 0x80 ? 2 : 2 + (second & 0x7fU);
}

/// The header in front: nothing where it is not whole, or its length is indefinite or not written
/// in the shortest way.
inline std::optional<Header> header_of(Octets octets)
{
    if (octets.size() < 2)
        return std::nullopt;
    const std::size_t size = header_size(octets[1]);
    if (octets[1] < 0x80)
        return Header{octets[0], size, octets[1]};
    if (size == 2 || size > max_header_size || octets.size() < size || octets[2] == 0)
        return std::nullopt;
    std::uint64_t length = 0;
    for (std::size_t i = 2; i < size; ++i)
        length = length << 8 | octets[i];
    if (length < 0x80)
        return std::nullopt;
    return Header{octets[0], size, length};
}

/// Takes one element after the other.
class Reader {
public:
    explicit Reader(Octets octets) : rest_{octets} {}

    bool at_end() const { return rest_.empty(); }

    /// The tag of the element in front; 0, which no element has, at the end.
    std::uint8_t tag() const { return rest_.empty() ? std::uint8_t{0} : rest_.front(); }

    /// The contents of the element in front; nothing where it has another tag or is not whole.
    std::optional<Octets> next(std::uint8_t expected)
    {
        const auto header = header_of(rest_);
        if (!header || header->tag != expected || header->length > rest_.size() - header->size)
            return std::nullopt;
        const auto length = static_cast<std::size_t>(header->length);
        const Octets contents = rest_.subspan(header->size, length);
        rest_ = rest_.subspan(header->size + length);
        return contents;
    }

private:
    Octets rest_;
};

/// Whether the octets are elements, down to the primitive ones (OpenSSL's parser takes BER). Those
/// of context-specific tags count as primitive or constructed by their tag.
bool is_well_formed(Octets octets);

/// Whether the contents of an INTEGER or ENUMERATED are written in the shortest way.
inline bool is_shortest_integer(Octets contents)
{
    if (contents.size() < 2)
        return contents.size() == 1;
    const bool is_padding =
        (contents[0] == 0x00 && contents[1] < 0x80) || (contents[0] == 0xff && contents[1] >= 0x80);
    return !is_padding;
}

}  // namespace clientcert::der

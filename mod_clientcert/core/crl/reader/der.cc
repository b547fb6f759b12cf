// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/der.hh"

namespace clientcert::der {
namespace {

constexpr std::uint8_t constructed = 0x20;
constexpr std::uint8_t many_octets = 0x1f;  // of a tag: there is none in anything that we read

// The deepest of what we know, a name in an issuingDistributionPoint, has eight levels.
constexpr int max_depth = 16;

bool is_well_formed(Octets octets, int depth)
{
    while (!octets.empty()) {
        const auto header = header_of(octets);
        if (!header || (header->tag & many_octets) == many_octets ||
            header->length > octets.size() - header->size)
            return false;
        const auto length = static_cast<std::size_t>(header->length);
        if ((header->tag & constructed) != 0 &&
            (depth == max_depth ||
             !is_well_formed(octets.subspan(header->size, length), depth + 1)))
            return false;
        octets = octets.subspan(header->size + length);
    }
    return true;
}

}  // namespace

bool is_well_formed(Octets octets)
{
    return is_well_formed(octets, 0);
}

}  // namespace clientcert::der

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/base64_decoder.hh"

#include "core/crl/index/words.hh"

#include <array>
#include <string_view>

namespace clientcert {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Above the 24 bits of a group: no digit.
constexpr std::uint32_t invalid = 0x80000000;

using Table = std::array<std::uint32_t, 256>;

/// The digits' values, each where it stands in the 24 bits of a group.
constexpr Table table(unsigned shift)
{
    Table values{};
    values.fill(invalid);
    for (std::uint32_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(alphabet[i])] = i << shift;
    return values;
}

constexpr std::array<Table, 4> tables{table(18), table(12), table(6), table(0)};

std::uint32_t group(const std::uint8_t *p)
{
    return tables[0][p[0]] | tables[1][p[1]] | tables[2][p[2]] | tables[3][p[3]];
}

/// The octets of the number, the most significant first.
void write(std::uint64_t bits, std::uint8_t *out)
{
    store(out, std::endian::native == std::endian::big ? bits : __builtin_bswap64(bits));
}

void write(std::uint32_t bits, std::uint8_t *out)
{
    out[0] = static_cast<std::uint8_t>(bits >> 16);
    out[1] = static_cast<std::uint8_t>(bits >> 8);
    out[2] = static_cast<std::uint8_t>(bits);
}

bool is_white_space(std::uint8_t character)
{
    return character == '\n' || character == '\r' || character == ' ' || character == '\t';
}

}  // namespace

Base64Decoder::Progress Base64Decoder::decode(Octets text, std::span<std::uint8_t> place)
{
    const std::uint8_t *in = text.data();
    const std::uint8_t *const in_end = in + text.size();
    std::uint8_t *out = place.data();
    const std::uint8_t *const out_end = out + place.size();
    while (out_end - out >= 3) {
        if (digits_ == 0 && padding_ == 0) {
            for (; in_end - in >= 8 && out_end - out >= 8; in += 8, out += 6) {
                const std::uint32_t first = group(in);
                const std::uint32_t second = group(in + 4);
                if (((first | second) & invalid) != 0)
                    break;
                write(std::uint64_t{first} << 40 | std::uint64_t{second} << 16, out);
            }
        }
        // The end of a line, of the text or of the place.
        if (in == in_end || out_end - out < 3 || !take(*in, out))
            break;
        ++in;
    }
    return {static_cast<std::size_t>(in - text.data()),
            static_cast<std::size_t>(out - place.data())};
}

bool Base64Decoder::take(std::uint8_t character, std::uint8_t *&out)
{
    if (is_white_space(character))
        return true;
    if (character == '=')
        return pad(out);
    const std::uint32_t digit = tables[3][character];
    if (digit == invalid || padding_ != 0)
        return false;
    bits_ = bits_ << 6 | digit;
    if (++digits_ == 4) {
        write(bits_, out);
        out += 3;
        bits_ = digits_ = 0;
    }
    return true;
}

bool Base64Decoder::pad(std::uint8_t *&out)
{
    // The bits that are no part of an octet are zero.
    const std::uint32_t superfluous = digits_ == 3 ? 0x3 : 0xf;
    if (digits_ < 2 || (padding_ == 0 && (bits_ & superfluous) != 0))
        return false;
    ++padding_;
    bits_ <<= 6;
    if (++digits_ == 4) {
        std::array<std::uint8_t, 3> octets;
        write(bits_, octets.data());
        for (unsigned i = 0; i < 3 - padding_; ++i)
            *out++ = octets[i];
        bits_ = digits_ = 0;
    }
    return true;
}

}  // namespace clientcert

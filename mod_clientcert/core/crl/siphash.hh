// SPDX-License-Identifier: Apache-2.0
// SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT 2012), word by
// word, so that whoever needs the words for something else takes them apart once.
#pragma once

#include "core/crl/words.hh"

#include <clientcert/octets.hh>

namespace clientcert {

class SipHash13 {
public:
    constexpr SipHash13(std::uint64_t k0, std::uint64_t k1)
        : v0_{k0 ^ 0x736f6d6570736575}, v1_{k1 ^ 0x646f72616e646f6d}, v2_{k0 ^ 0x6c7967656e657261},
          v3_{k1 ^ 0x7465646279746573}
    {
    }

    constexpr void take(std::uint64_t word)
    {
        v3_ ^= word;
        round();
        v0_ ^= word;
    }

    /// To be asked for once, after the last word.
    constexpr std::uint64_t result()
    {
        v2_ ^= 0xff;
        round();
        round();
        round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

private:
    constexpr void round()
    {
        v0_ += v1_;
        v2_ += v3_;
        v1_ = std::rotl(v1_, 13) ^ v0_;
        v3_ = std::rotl(v3_, 16) ^ v2_;
        v0_ = std::rotl(v0_, 32);
        v2_ += v1_;
        v0_ += v3_;
        v1_ = std::rotl(v1_, 17) ^ v2_;
        v3_ = std::rotl(v3_, 21) ^ v0_;
        v2_ = std::rotl(v2_, 32);
    }

    std::uint64_t v0_, v1_, v2_, v3_;
};

/// What SipHash's last word has besides the number of octets: those that fill no word.
inline std::uint64_t unfilled_word(Octets octets)
{
    const std::size_t rest = octets.size() % 8;
    const auto *const end = octets.data() + octets.size();
    if (octets.size() >= 8)  // two shifts: one by 64 would be undefined
        return load_little_endian(end - 8) >> 8 * (7 - rest) >> 8;
    std::uint64_t word = 0;
    for (std::size_t n = 0; n < rest; ++n)
        word |= std::uint64_t{octets[n]} << 8 * n;
    return word;
}

/// Gives `take` the words that SipHash makes of a message's end: `octets`, `before` others went
/// before them.
template <typename Take>
void take_words(Octets octets, std::size_t before, Take &&take)
{
    for (std::size_t n = 0; n + 8 <= octets.size(); n += 8)
        take(load_little_endian(octets.data() + n));
    take(std::uint64_t{before + octets.size()} << 56 | unfilled_word(octets));
}

inline std::uint64_t siphash13(std::uint64_t k0, std::uint64_t k1, Octets message)
{
    SipHash13 hash{k0, k1};
    take_words(message, 0, [&](std::uint64_t word) { hash.take(word); });
    return hash.result();
}

}  // namespace clientcert

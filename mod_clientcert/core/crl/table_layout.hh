// SPDX-License-Identifier: Apache-2.0
// How the entries of a CRL lie in memory, and what stands there for a certificate.
//
// A table is a header (magic, number of entries), the key of its hashes, a directory with the first
// entry of each bucket, and the entries, bucket by bucket:
//
//     remainder 8 octets | date 4 | reason 1
//
// An entry's bucket follows from one hash of the certificate, its remainder from another, keyed
// independently. About four entries share a bucket, so whoever is not in the table is found there
// with a probability of 4 * 2^-64. Both keys are random and secret: nobody can choose serial
// numbers that meet in one bucket. Numbers are in the machine's own byte order.
#pragma once

#include "core/crl/siphash.hh"

#include <clientcert/name.hh>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace clientcert::table {

inline constexpr std::uint64_t magic = 0x31656c6261744343;  // "CCtable1"
inline constexpr std::uint64_t most_entries = std::numeric_limits<std::uint32_t>::max();

/// The words of the key, by their use.
namespace key {
inline constexpr std::size_t plain = 0;        ///< SipHash's, for entries without an issuer
inline constexpr std::size_t with_issuer = 2;  ///< SipHash's, for others
inline constexpr std::size_t overlong = 4;     ///< SipHash's, two of them
inline constexpr std::size_t sum = 8;          ///< the position's summand
inline constexpr std::size_t factors = 9;      ///< and its factors: two for each word
inline constexpr std::size_t words = factors + 2 * std::size_t{5};
}  // namespace key

using Key = std::array<std::uint8_t, 8 * key::words>;

/// A larger table is built in so many parts, one after the other; none of its buckets may belong to
/// two of them.
inline constexpr std::uint64_t parts = 256;
inline constexpr std::uint64_t fewest_entries_in_parts = 1024;

inline constexpr unsigned position_bits = 28;
inline constexpr std::uint32_t positions_mask = (std::uint32_t{1} << position_bits) - 1;
inline constexpr unsigned part_shift = position_bits - 8;

inline constexpr std::size_t entry_size = 13;
inline constexpr std::size_t date_at = 8;
inline constexpr std::size_t reason_at = 12;

/// Where everything is in a table of so many entries.
struct Layout {
    std::uint64_t entries;
    std::uint64_t buckets;

    explicit constexpr Layout(std::uint64_t count) : entries{count}, buckets{count / 4 + 1}
    {
        constexpr std::uint64_t most = std::uint64_t{1} << position_bits;
        if (in_parts())
            buckets = std::min(most, (buckets + parts - 1) / parts * parts);
    }

    constexpr bool in_parts() const { return entries >= fewest_entries_in_parts; }

    static constexpr std::size_t entries_field = 8;
    static constexpr std::size_t key_at = 16;
    static constexpr std::size_t directory_at = key_at + sizeof(Key);
    constexpr std::size_t entries_at() const { return directory_at + 4 * (buckets + 1); }
    constexpr std::size_t end() const { return entries_at() + entry_size * entries; }
    constexpr std::size_t size() const { return (end() + 7) / 8 * 8; }

    constexpr std::uint64_t bucket(std::uint32_t position) const
    {
        return position * buckets >> position_bits;
    }
};

/// What stands for a certificate.
struct Mark {
    std::uint32_t position;   ///< of its bucket, as a fraction of 2^position_bits
    std::uint64_t remainder;  ///< tells it from others in that bucket
};

/// Takes the words of a certificate's issuer and serial number.
class Marker {
public:
    Marker(const std::uint8_t *key, std::size_t siphash)
        : remainder_{word(key, siphash), word(key, siphash + 1)}, sum_{word(key, key::sum)},
          factors_{key + 8 * key::factors}
    {
    }

    /// Pair-multiply-shift (Thorup: "High Speed Hashing for Integers and Strings", 2015): two
    /// different sequences of words meet in one of 2^n buckets with a probability of 2^-n.
    void take(std::uint64_t w)
    {
        sum_ += (word(factors_, 0) + (w >> 32)) * (word(factors_, 1) + (w & 0xffffffff));
        factors_ += 16;
        remainder_.take(w);
    }

    Mark mark()
    {
        return {static_cast<std::uint32_t>(sum_ >> (64 - position_bits)), remainder_.result()};
    }

    static std::uint64_t word(const std::uint8_t *key, std::size_t n)
    {
        return load<std::uint64_t>(key + 8 * n);
    }

private:
    SipHash13 remainder_;
    std::uint64_t sum_;
    const std::uint8_t *factors_;
};

/// Of so many octets the key has factors: more than conforming CAs use (RFC 5280, 4.1.2.2).
inline constexpr std::size_t longest_serial = 23;

/// Stands for a serial number that is longer.
inline std::array<std::uint8_t, 16> shortened(const std::uint8_t *key, Octets serial)
{
    std::array<std::uint8_t, 16> octets;
    for (std::size_t half = 0; half < 2; ++half) {
        const std::size_t n = key::overlong + 2 * half;
        store(octets.data() + 8 * half,
              siphash13(Marker::word(key, n), Marker::word(key, n + 1), serial));
    }
    return octets;
}

inline Mark mark_of_short(const std::uint8_t *key, Octets serial, const NameId *issuer)
{
    Marker marker{key, issuer ? key::with_issuer : key::plain};
    if (issuer) {
        marker.take(load_little_endian(issuer->data()));
        marker.take(load_little_endian(issuer->data() + 8));
    }
    take_words(serial, issuer ? issuer->size() : 0, [&](std::uint64_t w) { marker.take(w); });
    return marker.mark();
}

/// The mark of a certificate under a table's key.
inline Mark mark_of(const std::uint8_t *key, Octets serial, const NameId *issuer)
{
    if (serial.size() > longest_serial) [[unlikely]]
        return mark_of_short(key, shortened(key, serial), issuer);
    return mark_of_short(key, serial, issuer);
}

}  // namespace clientcert::table

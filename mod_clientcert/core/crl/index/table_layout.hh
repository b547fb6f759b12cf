// SPDX-License-Identifier: Apache-2.0
// How the entries of a CRL lie in memory, and what stands there for a certificate.
//
// A table is a header (magic, number of entries), the key of its hashes, a directory with the first
// entry of each bucket, and the entries, bucket by bucket:
//
//     remainder 8 octets | date 4 | reason 1
//
// An entry's bucket follows from one hash of the certificate, its remainder from another. Both are
// multiply-shift (Thorup: "High Speed Hashing for Integers and Strings", 2015): strongly universal,
// so that for any two certificates, under a random key, remainders are equal with a probability of
// 2^-64. About four entries share a bucket: who is not in the table is found with 2^-62. The key is
// secret, and another one in each table: nobody can choose serial numbers that meet. A hash that
// hides its key from those who see results (SipHash) would take three times as long, and nobody
// sees any. Numbers are in the machine's own byte order.
#pragma once

#include "core/crl/index/words.hh"

#include <clientcert/name.hh>
#include <clientcert/octets.hh>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace clientcert::table {

inline constexpr std::uint64_t magic = 0x31656c6261744343;  // "CCtable1"
inline constexpr std::uint64_t most_entries = std::numeric_limits<std::uint32_t>::max();

/// What is hashed are words: three at most of the serial number, two of the issuer. For each of
/// them the key has two factors, one for each hash, of 128 and of twice 64 bits; besides, a summand
/// for each hash.
namespace key {
inline constexpr std::size_t factors = 0;
inline constexpr std::size_t factor_size = 32;
inline constexpr std::size_t issuer_factors = factors + 3 * factor_size;
inline constexpr std::size_t remainder_summand = issuer_factors + 2 * factor_size;
inline constexpr std::size_t position_summand = remainder_summand + 16;
inline constexpr std::size_t size = position_summand + 8;
}  // namespace key

using Key = std::array<std::uint8_t, key::size>;

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

    constexpr Layout(std::uint64_t entry_count, std::uint64_t bucket_count)
        : entries{entry_count}, buckets{bucket_count}
    {
    }

    explicit constexpr Layout(std::uint64_t entry_count) : Layout{entry_count, entry_count / 4 + 1}
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

/// Hashes words.
class Marker {
public:
    explicit Marker(const std::uint8_t *key)
        : remainder_{load<Wide>(key + key::remainder_summand)}, position_{load<std::uint64_t>(
                                                                    key + key::position_summand)}
    {
    }

    void take(std::uint64_t word, const std::uint8_t *factor)
    {
        remainder_ += load<Wide>(factor) * word;
        position_ += load<std::uint64_t>(factor + 16) * (word & 0xffffffff);
        position_ += load<std::uint64_t>(factor + 24) * (word >> 32);
    }

    /// The upper bits are the good ones.
    Mark mark() const
    {
        return {static_cast<std::uint32_t>(position_ >> (64 - position_bits)),
                static_cast<std::uint64_t>(remainder_ >> 64)};
    }

private:
    __extension__ using Wide = unsigned __int128;

    Wide remainder_;
    std::uint64_t position_;
};

/// What fits into three words together with its size: more than conforming CAs use (RFC 5280,
/// 4.1.2.2).
inline constexpr std::size_t longest_serial = 23;

/// Takes a serial number of `longest_serial` octets at most: up to two whole words, and one of what
/// is left and the `size`.
[[gnu::always_inline]] inline void take_serial(Marker &marker, const std::uint8_t *key,
                                               Octets serial, std::uint64_t size)
{
    const auto *const octets = serial.data();
    std::uint64_t last = size << 56;
    if (serial.size() >= 8) {
        marker.take(load_little_endian(octets), key + key::factors);
        if (serial.size() >= 16)
            marker.take(load_little_endian(octets + 8), key + key::factors + key::factor_size);
        // Two shifts: one by 64 would be undefined.
        const std::size_t spare = 7 - serial.size() % 8;
        last |= load_little_endian(octets + serial.size() - 8) >> 8 * spare >> 8;
    } else {
        for (std::size_t n = 0; n < serial.size(); ++n)
            last |= std::uint64_t{octets[n]} << 8 * n;
    }
    marker.take(last, key + key::factors + 2 * key::factor_size);
}

/// The mark of a certificate under a table's key, where it is not an ordinary one.
[[gnu::noinline]] inline Mark mark_of_unusual(const std::uint8_t *key, Octets serial,
                                              const NameId *issuer)
{
    const std::uint64_t flag = issuer ? 0x80 : 0;
    Marker marker{key};
    if (serial.size() <= longest_serial)
        take_serial(marker, key, serial, serial.size() | flag);
    else
        take_serial(marker, key, Octets{sha256(serial)}.first(longest_serial),
                    (longest_serial + 1) | flag);
    if (issuer) {
        const auto *const factors = key + key::issuer_factors;
        marker.take(load_little_endian(issuer->data()), factors);
        marker.take(load_little_endian(issuer->data() + 8), factors + key::factor_size);
    }
    return marker.mark();
}

/// The mark of a certificate under a table's key.
[[gnu::always_inline]] inline Mark mark_of(const std::uint8_t *key, Octets serial,
                                           const NameId *issuer)
{
    if (issuer || serial.size() > longest_serial) [[unlikely]]
        return mark_of_unusual(key, serial, issuer);
    Marker marker{key};
    take_serial(marker, key, serial, serial.size());
    return marker.mark();
}

}  // namespace clientcert::table

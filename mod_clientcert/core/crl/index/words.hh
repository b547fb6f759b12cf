// SPDX-License-Identifier: Apache-2.0
// Numbers in octets, wherever they lie.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace clientcert {

template <typename T>
requires std::is_trivially_copyable_v<T> T load(const std::uint8_t *place)
{
    T value;
    std::memcpy(&value, place, sizeof value);
    return value;
}

template <typename T>
requires std::is_trivially_copyable_v<T>
void store(std::uint8_t *place, const T &value)
{
    std::memcpy(place, &value, sizeof value);
}

/// Eight octets, the least significant first.
inline std::uint64_t load_little_endian(const std::uint8_t *place)
{
    const auto word = load<std::uint64_t>(place);
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace clientcert

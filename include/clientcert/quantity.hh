// SPDX-License-Identifier: Apache-2.0
// Times and sizes as administrators write them.
#pragma once

#include <clientcert/result.hh>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace clientcert {

/// "90", "90s", "15min", "12h", "7d", "2w": a whole number of seconds (or of the unit behind it),
/// at most ten years.
Result<std::chrono::seconds> duration_of(std::string_view text);

/// "4096", "64K", "20M", "2G": octets; a unit is a power of 1024.
Result<std::uint64_t> size_of(std::string_view text);

}  // namespace clientcert

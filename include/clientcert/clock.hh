// SPDX-License-Identifier: Apache-2.0
// What time it is.
#pragma once

#include <clientcert/certificate.hh>

namespace clientcert {

inline Time current_time()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Since 1970; 0 for what was before.
inline std::uint64_t seconds_of(Time time)
{
    const auto seconds = time.time_since_epoch().count();
    return seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0;
}

inline Time time_of(std::uint64_t seconds)
{
    return Time{std::chrono::seconds{static_cast<Time::rep>(seconds)}};
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/html.hh>

#include <chrono>
#include <cstdint>
#include <string>

namespace clientcert {

/// 1,234,567
std::string grouped(std::uint64_t number);

/// 1.2 MB
std::string size_in_words(std::uint64_t octets);

/// "3 days", of either sign.
std::string duration_in_words(std::chrono::seconds duration);

/// "2026-12-21 23:13 UTC"
Html moment(Time time);

/// And how far it is from now; "never" for the epoch.
Html moment(Time time, Time now);

/// "37 %" of that many; "-" where there are none.
std::string share(std::uint64_t part, std::uint64_t all);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// The two ways in which RFC 5280 writes times.
#pragma once

#include <clientcert/certificate.hh>

#include <optional>

namespace clientcert::der {

class TimeReader {
public:
    /// The contents of a UTCTime or GeneralizedTime in the one form that RFC 5280, 4.1.2.5, allows:
    /// with seconds, without fractions, Zulu. Nothing where they are in another, or no calendar has
    /// that time.
    std::optional<Time> read(std::uint8_t tag, Octets contents);

private:
    static constexpr std::uint64_t no_date = ~std::uint64_t{0};

    // Entries that follow each other are often of one day.
    std::uint64_t date_ = no_date;  ///< its digits; of a UTCTime a mark in place of the last two
    std::chrono::sys_days day_{};
};

}  // namespace clientcert::der

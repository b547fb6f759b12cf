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
    // Entries that follow each other are often of one day.
    std::uint64_t date_ = 0;  ///< its digits, those of a UTCTime without the year's first two
    std::chrono::sys_days day_{};
};

}  // namespace clientcert::der

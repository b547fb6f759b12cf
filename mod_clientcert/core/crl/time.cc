// SPDX-License-Identifier: Apache-2.0
#include "core/crl/time.hh"

#include "core/crl/der.hh"

namespace clientcert::der {
namespace {

constexpr std::size_t size_in_utc_time = 13;          // YYMMDDHHMMSSZ
constexpr std::size_t size_in_generalized_time = 15;  // YYYYMMDDHHMMSSZ

/// 100 or more where they are no digits.
unsigned two_digits(const std::uint8_t *p)
{
    const unsigned tens = p[0] - unsigned{'0'};
    const unsigned ones = p[1] - unsigned{'0'};
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/// MMDDHHMMSSZ
std::optional<Time> time_in_year(unsigned year, const std::uint8_t *p)
{
    const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(year)},
                                          std::chrono::month{two_digits(p)},
                                          std::chrono::day{two_digits(p + 2)}};
    const unsigned hours = two_digits(p + 4);
    const unsigned minutes = two_digits(p + 6);
    const unsigned seconds = two_digits(p + 8);
    if (!day.ok() || hours > 23 || minutes > 59 || seconds > 59 || p[10] != 'Z')
        return std::nullopt;
    return Time{std::chrono::sys_days{day}} + std::chrono::hours{hours} +
           std::chrono::minutes{minutes} + std::chrono::seconds{seconds};
}

}  // namespace

std::optional<Time> time_of(std::uint8_t tag, Octets contents)
{
    const std::uint8_t *p = contents.data();
    if (tag == utc_time && contents.size() == size_in_utc_time) {
        const unsigned year = two_digits(p);
        if (year > 99)
            return std::nullopt;
        return time_in_year(year < 50 ? 2000 + year : 1900 + year, p + 2);
    }
    if (tag == generalized_time && contents.size() == size_in_generalized_time) {
        const unsigned century = two_digits(p);
        const unsigned year = two_digits(p + 2);
        if (century > 99 || year > 99)
            return std::nullopt;
        return time_in_year(century * 100 + year, p + 4);
    }
    return std::nullopt;
}

}  // namespace clientcert::der

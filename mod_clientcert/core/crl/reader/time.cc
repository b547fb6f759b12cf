// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/time.hh"

#include "core/crl/index/words.hh"
#include "core/crl/reader/der.hh"

namespace clientcert::der {
namespace {

constexpr std::size_t size_of_utc_time = 13;          // YYMMDDHHMMSSZ
constexpr std::size_t size_of_generalized_time = 15;  // YYYYMMDDHHMMSSZ

constexpr std::uint64_t in_each_octet = 0x0101010101010101;

/// Eight digits, the first in the lowest octet; nothing else than digits.
std::optional<std::uint64_t> digits(const std::uint8_t *p)
{
    const std::uint64_t text = load_little_endian(p);
    // 0x30 to 0x39, and still so with 6 more.
    const std::uint64_t more = text + 6 * in_each_octet;
    if (((text | more) & 0xf0 * in_each_octet) != 0x30 * in_each_octet)
        return std::nullopt;
    return text & 0x0f * in_each_octet;
}

// In place of the last two of eight digits.
constexpr std::uint64_t no_digits = 0xffff000000000000;

/// The numbers that pairs of digits are, each in the lower octet of its two.
std::uint64_t pairs(std::uint64_t digits)
{
    return (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
}

constexpr unsigned pair(std::uint64_t pairs, int n)
{
    return static_cast<unsigned>(pairs >> 16 * n & 0xff);
}

std::chrono::year_month_day day_of(unsigned year, unsigned month, unsigned day)
{
    return {std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
            std::chrono::day{day}};
}

/// YYMMDD
std::chrono::year_month_day utc_day(std::uint64_t date)
{
    const unsigned year = pair(date, 0);
    return day_of(year < 50 ? 2000 + year : 1900 + year, pair(date, 1), pair(date, 2));
}

/// YYYYMMDD
std::chrono::year_month_day generalized_day(std::uint64_t date)
{
    return day_of(pair(date, 0) * 100 + pair(date, 1), pair(date, 2), pair(date, 3));
}

}  // namespace

std::optional<Time> TimeReader::read(std::uint8_t tag, Octets contents)
{
    const bool is_utc_time = tag == utc_time;
    if ((!is_utc_time && tag != generalized_time) ||
        contents.size() != (is_utc_time ? size_of_utc_time : size_of_generalized_time) ||
        contents.back() != 'Z')
        return std::nullopt;
    // The last eight digits, and the first: they overlap.
    const auto front = digits(contents.data());
    const auto back = digits(&contents.back() - 8);
    if (!front || !back)
        return std::nullopt;
    const std::uint64_t clock = pairs(*back);  // DDHHMMSS
    const unsigned hours = pair(clock, 1);
    const unsigned minutes = pair(clock, 2);
    const unsigned seconds = pair(clock, 3);
    if (hours > 23 || minutes > 59 || seconds > 59)
        return std::nullopt;
    const std::uint64_t date = is_utc_time ? *front | no_digits : *front;
    if (date != date_) {
        const auto day = is_utc_time ? utc_day(pairs(*front)) : generalized_day(pairs(*front));
        if (!day.ok())
            return std::nullopt;
        date_ = date;
        day_ = day;
    }
    return Time{day_} + std::chrono::seconds{(hours * 60 + minutes) * 60 + seconds};
}

}  // namespace clientcert::der

// SPDX-License-Identifier: Apache-2.0
#include <clientcert/octets.hh>
#include <clientcert/quantity.hh>

#include <array>
#include <charconv>
#include <optional>

namespace clientcert {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t ten_years = std::uint64_t{10} * 366 * 86400;
constexpr std::uint64_t largest_size = std::uint64_t{1} << 40;

constexpr std::array<Unit, 7> units_of_time{
    {{"", 1}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}}};
constexpr std::array<Unit, 4> units_of_size{
    {{"", 1}, {"K", 1024}, {"M", 1024 * 1024}, {"G", 1024 * 1024 * 1024}}};

/// Nothing where the text is no such quantity, or one above the limit.
std::optional<std::uint64_t> quantity(std::string_view text, std::span<const Unit> units,
                                      std::uint64_t limit)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const auto &unit : units)
        if (unit.name == text && number <= limit / unit.factor)
            return number * unit.factor;
    return std::nullopt;
}

}  // namespace

Result<std::chrono::seconds> duration_of(std::string_view text)
{
    if (const auto seconds = quantity(text, units_of_time, ten_years))
        return std::chrono::seconds{*seconds};
    return Error{
        "a time is a number of seconds, or has s, min, h, d or w behind it, such as 15min, "
        "and is at most ten years, not " +
        quoted(text)};
}

Result<std::uint64_t> size_of(std::string_view text)
{
    if (const auto octets = quantity(text, units_of_size, largest_size))
        return *octets;
    return Error{"a size is a number of octets, with K, M or G behind it where that is meant, such "
                 "as 20M, and at most 1024G, not " +
                 quoted(text)};
}

}  // namespace clientcert

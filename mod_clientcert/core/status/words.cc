// SPDX-License-Identifier: Apache-2.0
#include "core/status/words.hh"

#include <array>

namespace clientcert {
namespace {

struct Unit {
    std::uint64_t size;
    const char *name;
};

constexpr auto periods =
    std::to_array<Unit>({{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}});
constexpr auto sizes = std::to_array<Unit>({{std::uint64_t{1} << 30, "GB"},
                                            {std::uint64_t{1} << 20, "MB"},
                                            {std::uint64_t{1} << 10, "KB"}});

}  // namespace

std::string grouped(std::uint64_t number)
{
    std::string text = std::to_string(number);
    for (auto at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

std::string size_in_words(std::uint64_t octets)
{
    for (const auto &unit : sizes) {
        if (octets < unit.size)
            continue;
        const auto tenths = octets / (unit.size / 10);
        return grouped(tenths / 10) + '.' + std::to_string(tenths % 10) + ' ' + unit.name;
    }
    return std::to_string(octets) + " bytes";
}

std::string duration_in_words(std::chrono::seconds duration)
{
    const auto seconds = static_cast<std::uint64_t>(std::chrono::abs(duration).count());
    for (const auto &unit : periods) {
        const auto count = seconds / unit.size;
        // "36 hours" says more than "1 day".
        if (count > 1 || unit.size == 1)
            return grouped(count) + ' ' + unit.name + (count == 1 ? "" : "s");
    }
    return {};
}

Html moment(Time time)
{
    const std::string machine = rfc3339(time);
    // Seconds are for machines.
    constexpr auto minutes = std::string_view{"2026-12-21T23:13"}.size();
    std::string words = machine.substr(0, minutes) + " UTC";
    if (const auto at = words.find('T'); at < minutes)
        words[at] = ' ';
    return element("time", {{"datetime", machine}}, words);
}

Html moment(Time time, Time now)
{
    if (time == Time{})
        return "never";
    if (time == now)
        return moment(time) + Html{" (now)"};
    const auto distance = duration_in_words(time - now);
    return moment(time) + Html{time > now ? " (in " + distance + ')' : " (" + distance + " ago)"};
}

std::string share(std::uint64_t part, std::uint64_t all)
{
    if (all == 0)
        return "-";
    return std::to_string(static_cast<unsigned>(100.0 * static_cast<double>(part) /
                                                static_cast<double>(all))) +
           " %";
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include <clientcert/counters.hh>
#include <clientcert/octets.hh>

#include <algorithm>
#include <cstring>
#include <new>

namespace clientcert {
namespace {

/// Mixes the next word in (after FNV-1a and MurmurHash3's last step): two texts that are mingled do
/// not have the check of either.
constexpr std::uint64_t mixed(std::uint64_t check, std::uint64_t word)
{
    check = (check ^ word) * 0x9e3779b97f4a7c15;
    return check ^ check >> 32;
}

/// Far from the check of any other number: a number and a time are small, and what the exclusive or
/// of two such has in common is soon another one's.
constexpr std::uint64_t begun(std::uint64_t number)
{
    return mixed(0, mixed(0, number));
}

/// Not within a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t most)
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (static_cast<std::uint8_t>(text[most]) & 0xc0) == 0x80)
        --most;
    return text.substr(0, most);
}

}  // namespace

void SharedText::write(std::string_view text, Time time)
{
    std::array<std::uint64_t, size> copy{};
    constexpr std::size_t room = sizeof copy - 2 * sizeof copy[0];
    const auto kept = cut(text, room);
    copy[0] = static_cast<std::uint64_t>(time.time_since_epoch().count());
    copy[1] = kept.size();
    std::memcpy(&copy[2], kept.data(), kept.size());

    const auto number = written_.fetch_add(1, std::memory_order_relaxed) + 1;
    auto &entry = entries_[number % 2];
    auto check = begun(number);
    for (std::size_t i = 0; i < size; ++i) {
        entry.words[i].store(copy[i], std::memory_order_relaxed);
        check = mixed(check, copy[i]);
    }
    entry.check.store(check, std::memory_order_release);
}

SharedText::Content SharedText::read() const
{
    // Where both entries are being written one of them soon is whole; unless who wrote was killed.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const auto written = written_.load(std::memory_order_acquire);
        for (auto number = written; number > 0 && number + 2 > written; --number)
            if (auto content = read(number))
                return *std::move(content);
        if (written == 0)
            break;
    }
    return {};
}

std::optional<SharedText::Content> SharedText::read(std::uint64_t number) const
{
    const auto &entry = entries_[number % 2];
    const auto wanted = entry.check.load(std::memory_order_acquire);
    std::array<std::uint64_t, size> copy;
    auto check = begun(number);
    for (std::size_t i = 0; i < size; ++i) {
        copy[i] = entry.words[i].load(std::memory_order_relaxed);
        check = mixed(check, copy[i]);
    }
    if (check != wanted || copy[1] > sizeof copy - 2 * sizeof copy[0])
        return std::nullopt;
    return Content{{reinterpret_cast<const char *>(&copy[2]), static_cast<std::size_t>(copy[1])},
                   Time{std::chrono::seconds{static_cast<Time::rep>(copy[0])}}};
}

std::size_t NamedCountersTable::size_for(std::size_t names)
{
    // The slots begin at a cache line.
    return sizeof(NamedCountersTable) + cache_line + names * sizeof(Slot);
}

NamedCountersTable &NamedCountersTable::make_in(void *memory, std::size_t names)
{
    auto &table = *new (memory) NamedCountersTable{names};
    for (auto &slot : table.slots())
        new (&slot) Slot;
    return table;
}

std::span<NamedCountersTable::Slot> NamedCountersTable::slots()
{
    const auto end = reinterpret_cast<std::uintptr_t>(this) + sizeof *this;
    const auto begin = (end + cache_line - 1) / cache_line * cache_line;
    return {reinterpret_cast<Slot *>(begin), size_};
}

NamedCounters *NamedCountersTable::find(std::string_view name)
{
    const Sha256 key = sha256(octets_of(name));
    const auto all = slots();
    auto found = std::ranges::find_if(
        all, [&](const Slot &slot) { return slot.configuration != 0 && slot.name == key; });
    if (found == all.end()) {
        found = std::ranges::min_element(all, {}, &Slot::configuration);
        // Children that drain still count for the configuration before this one.
        const bool is_free = found != all.end() && (found->configuration == 0 ||
                                                    found->configuration + 1 < configuration_);
        if (!is_free)
            return nullptr;
        new (&*found) Slot;
        found->name = key;
    }
    found->configuration = configuration_;
    return &found->counters;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Warnings about CRLs that grow old.
#include "core/crl/keeper/keeper_state.hh"

namespace clientcert {
namespace {

using Level = KeeperHost::Level;

struct Warning {
    int tenths;  ///< of a CRL's life
    Level level;
    const char *text;
};

constexpr Warning warnings_in_turn[] = {
    {5, Level::warning, " is past half of its life"},
    {9, Level::warning, " is past nine tenths of its life"},
    {10, Level::error, " is overdue: there should have been a newer one"},
};

/// How many of the warnings are due.
std::uint8_t warnings_due(const CrlInfo &info, Time now)
{
    if (info.next_update == Time::max())
        return 0;
    const auto life = info.next_update - info.this_update;
    std::uint8_t due = 0;
    for (const auto &warning : warnings_in_turn)
        if (now >= info.this_update + life / 10 * warning.tenths &&
            (warning.tenths < 10 || now >= info.next_update))
            ++due;
    return due;
}

}  // namespace

void CrlKeeper::State::warn()
{
    if (!warnings.due(now))
        return;
    warnings.done(now, std::chrono::seconds{1});
    for (auto &[id, held] : pool.held()) {
        const auto due = warnings_due(held.order, now);
        if (due <= held.warned)
            continue;
        const auto record = pool.index()->record(held.record);
        if (held.fresh || !record)
            continue;
        held.warned = due;
        memory_dirty = true;
        const auto &warning = warnings_in_turn[due - 1];
        host.log(warning.level, described(record->info) + " from " + shown_source(record->source) +
                                    warning.text + " (" + rfc3339(record->info.this_update) +
                                    " to " + rfc3339(record->info.next_update) + ')');
    }
}

}  // namespace clientcert

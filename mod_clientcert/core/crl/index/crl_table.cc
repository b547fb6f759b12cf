// SPDX-License-Identifier: Apache-2.0
// Searches the entries of a CRL (table_layout.hh has the layout).
#include "core/crl/index/table_layout.hh"

#include <clientcert/crl_table.hh>

namespace clientcert {
namespace {

/// An octet without a meaning, which a damaged file may have, is a revocation all the same.
CrlReason reason_of(std::uint8_t octet)
{
    return octet <= 10 ? CrlReason{octet} : CrlReason::unspecified;
}

Revoked entry_at(const std::uint8_t *entry)
{
    const auto seconds = load<std::uint32_t>(entry + table::date_at);
    return {reason_of(entry[table::reason_at]), Time{std::chrono::seconds{seconds}}};
}

int leniency(CrlReason reason)
{
    if (reason == CrlReason::remove_from_crl)
        return 2;
    return reason == CrlReason::certificate_hold ? 1 : 0;
}

/// Orders the entries of one certificate: final, on hold, removed; the earlier first.
[[gnu::noinline, gnu::cold]] bool is_severer(const std::uint8_t *a, const std::uint8_t *b)
{
    const auto rank = [](const Revoked &entry) {
        return std::tuple{leniency(entry.reason), entry.date, entry.reason};
    };
    return rank(entry_at(a)) < rank(entry_at(b));
}

}  // namespace

std::optional<Table> Table::in(Octets octets)
{
    using table::Layout;
    if (octets.size() < Layout::directory_at || load<std::uint64_t>(octets.data()) != table::magic)
        return std::nullopt;
    const auto entries = load<std::uint64_t>(octets.data() + Layout::entries_field);
    if (entries > table::most_entries)
        return std::nullopt;
    const Layout layout{entries};
    if (octets.size() != layout.size())
        return std::nullopt;
    Table found;
    found.octets_ = octets.data();
    found.entries_ = entries;
    found.buckets_ = layout.buckets;
    return found;
}

std::optional<Revoked> Table::find(Octets serial, const NameId *issuer) const
{
    if (entries_ == 0)
        return std::nullopt;
    const table::Layout layout{entries_, buckets_};
    const auto mark = table::mark_of(octets_ + table::Layout::key_at, serial, issuer);
    const auto *const bounds =
        octets_ + table::Layout::directory_at + 4 * layout.bucket(mark.position);
    const std::uint64_t begin = load<std::uint32_t>(bounds);
    const std::uint64_t end = load<std::uint32_t>(bounds + 4);
    if (begin > end || end > entries_)  // a damaged file, which must not make anybody good
        return Revoked{CrlReason::unspecified, Time{}};

    const std::uint8_t *found = nullptr;
    for (std::uint64_t n = begin; n < end; ++n) {
        const auto *const entry = octets_ + layout.entries_at() + table::entry_size * n;
        if (load<std::uint64_t>(entry) != mark.remainder) [[likely]]
            continue;
        if (!found || is_severer(entry, found)) [[likely]]
            found = entry;
    }
    return found ? std::optional{entry_at(found)} : std::nullopt;
}

}  // namespace clientcert

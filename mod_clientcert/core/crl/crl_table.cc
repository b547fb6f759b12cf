// SPDX-License-Identifier: Apache-2.0
// Searches the entries of a CRL (table_layout.hh has the layout).
#include "core/crl/table_layout.hh"

#include <clientcert/crl_table.hh>

namespace clientcert {
namespace {

/// What an unknown octet says, which a damaged file may have, is a revocation all the same.
CrlReason reason_of(std::uint8_t octet)
{
    constexpr std::uint32_t known = 0b111'0111'1111;
    return octet < 11 && (known >> octet & 1) != 0 ? CrlReason{octet} : CrlReason::unspecified;
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
bool is_severer(const Revoked &a, const Revoked &b)
{
    const auto rank = [](const Revoked &entry) {
        return std::tuple{leniency(entry.reason), entry.date, entry.reason};
    };
    return rank(a) < rank(b);
}

}  // namespace

std::optional<Table> Table::in(Octets octets)
{
    using table::Layout;
    if (octets.size() < Layout::directory_at || load<std::uint64_t>(octets.data()) != table::magic)
        return std::nullopt;
    const auto entries = load<std::uint64_t>(octets.data() + Layout::entries_field);
    if (entries > table::most_entries || octets.size() != Layout{entries}.size())
        return std::nullopt;
    Table found;
    found.octets_ = octets.data();
    found.entries_ = entries;
    return found;
}

std::optional<Revoked> Table::find(Octets serial, const NameId *issuer) const
{
    if (entries_ == 0)
        return std::nullopt;
    const table::Layout layout{entries_};
    const auto mark = table::mark_of(octets_ + table::Layout::key_at, serial, issuer);
    const auto *const bounds =
        octets_ + table::Layout::directory_at + 4 * layout.bucket(mark.position);
    const std::uint64_t end = load<std::uint32_t>(bounds + 4);
    if (end > entries_)  // a damaged file
        return std::nullopt;

    std::optional<Revoked> found;
    const auto *const entries = octets_ + layout.entries_at();
    for (std::uint64_t n = load<std::uint32_t>(bounds); n < end; ++n) {
        const auto *const place = entries + table::entry_size * n;
        if (load<std::uint64_t>(place) != mark.remainder) [[likely]]
            continue;
        const Revoked entry = entry_at(place);
        if (!found || is_severer(entry, *found))
            found = entry;
    }
    return found;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/judge/crl_list.hh"

#include <algorithm>

namespace clientcert {

std::optional<Revoked> entry_of(const CrlRecord &crl, const ChainLink &link)
{
    const bool own = crl.info.issuer_id == link.issuer;
    return crl.entries.find(octets_of(link.serial), own ? nullptr : &link.issuer);
}

namespace {

bool is_newer(const CrlInfo &a, const CrlInfo &b)
{
    return !may_replace(b, a);
}

/// Of two that tie neither is older; nothing tells which of them the issuer made last.
bool is_older(const CrlInfo &a, const CrlInfo &b)
{
    if (a.number && b.number)
        if (const int order = compare_numbers(*a.number, *b.number); order != 0)
            return order < 0;
    return a.this_update < b.this_update;
}

/// Of those that tie, the one that expires first comes before: the answer must not depend on which
/// of them was read first.
bool goes_before(const CrlInfo &a, const CrlInfo &b)
{
    return is_older(b, a) || (!is_older(a, b) && a.next_update < b.next_update);
}

/// Whether the two together are what a complete CRL of the delta's time would be.
bool is_delta_to(const CrlInfo &delta, const CrlInfo &complete)
{
    return delta.number && complete.number && is_newer(delta, complete) &&
           compare_numbers(*delta.base_number, *complete.number) <= 0;
}

}  // namespace

bool CrlList::takes(const CrlRecord &record) const
{
    return record.signer.key == first_->signer.key &&
           record.info.issuer_id == first_->info.issuer_id &&
           record.info.scope.der == first_->info.scope.der;
}

void CrlList::add(const CrlRecord &record)
{
    if (record.info.is_delta()) {
        deltas_.push_back(&record);
        return;
    }
    all_complete_.push_back(&record);
    if (complete_ == nullptr || goes_before(record.info, complete_->info))
        complete_ = &record;
}

const CrlRecord *CrlList::newest_delta() const
{
    const CrlRecord *newest = nullptr;
    for (const auto *delta : deltas_)
        if (complete_ != nullptr && is_delta_to(delta->info, complete_->info) &&
            (newest == nullptr || goes_before(delta->info, newest->info)))
            newest = delta;
    return newest;
}

Time CrlList::next_update() const
{
    const auto *delta = newest_delta();
    return delta != nullptr ? std::max(complete_->info.next_update, delta->info.next_update)
                            : complete_->info.next_update;
}

Time CrlList::removals_end() const
{
    const auto *delta = newest_delta();
    const Time end = delta != nullptr ? delta->info.next_update : Time::max();
    return all_complete_.size() > 1 ? std::min(end, complete_->info.next_update) : end;
}

/// What is older says nothing any more.
bool CrlList::counts(const CrlRecord &delta, const CrlRecord *newest) const
{
    if (newest != nullptr)
        return !is_older(delta.info, newest->info);
    return complete_ == nullptr || is_newer(delta.info, complete_->info);
}

/// By all deltas that tie, of those that fit.
bool CrlList::removes(const ChainLink &link, Time now) const
{
    const auto *newest = newest_delta();
    return newest != nullptr && now < newest->info.next_update &&
           std::ranges::all_of(deltas_, [&](const CrlRecord *delta) {
               if (!is_delta_to(delta->info, complete_->info) ||
                   is_older(delta->info, newest->info))
                   return true;
               const auto found = entry_of(*delta, link);
               return found && found->reason == CrlReason::remove_from_crl;
           });
}

bool CrlList::revokes(const ChainLink &link, Time now) const
{
    const auto *newest = newest_delta();
    for (const auto *delta : deltas_) {
        const auto found = counts(*delta, newest) ? entry_of(*delta, link) : std::nullopt;
        if (found && found->reason != CrlReason::remove_from_crl)
            return true;
    }
    const bool expired = complete_ != nullptr && now >= next_update();
    for (const auto *complete : all_complete_) {
        const bool older = is_older(complete->info, complete_->info);
        const auto found = !older || expired ? entry_of(*complete, link) : std::nullopt;
        // Nothing but a hold can be taken back (5.3.1).
        if (found && (older || found->reason != CrlReason::certificate_hold || !removes(link, now)))
            return true;
    }
    return false;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/judge/crl_list.hh"

#include <algorithm>

namespace clientcert {
namespace {

std::optional<Revoked> entry(const CrlRecord &crl, const ChainLink &link)
{
    const bool own = crl.info.issuer_id == link.issuer;
    return crl.entries.find(octets_of(link.serial), own ? nullptr : &link.issuer);
}

bool is_newer(const CrlInfo &a, const CrlInfo &b)
{
    return !may_replace(b, a);
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
    } else if (complete_ == nullptr) {
        complete_ = &record;
    } else if (may_replace(record.info, complete_->info)) {
        older_.push_back(complete_);
        complete_ = &record;
    } else {
        older_.push_back(&record);
    }
}

const CrlRecord *CrlList::newest_delta() const
{
    const CrlRecord *newest = nullptr;
    for (const auto *delta : deltas_)
        if (complete_ != nullptr && is_delta_to(delta->info, complete_->info) &&
            (newest == nullptr || may_replace(delta->info, newest->info)))
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
    return delta != nullptr ? delta->info.next_update : Time::max();
}

/// What is older says nothing any more.
bool CrlList::counts(const CrlRecord &delta, const CrlRecord *newest) const
{
    if (newest != nullptr)
        return &delta == newest || is_newer(delta.info, newest->info);
    return complete_ == nullptr || is_newer(delta.info, complete_->info);
}

bool CrlList::revokes(const ChainLink &link, Time now) const
{
    const auto lists = [&link](const CrlRecord *crl) { return entry(*crl, link).has_value(); };
    if (complete_ != nullptr && now >= next_update() && std::ranges::any_of(older_, lists))
        return true;
    const auto standing = complete_ != nullptr ? entry(*complete_, link) : std::nullopt;
    bool removed = false;
    const auto *newest = newest_delta();
    for (const auto *delta : deltas_) {
        const auto found = counts(*delta, newest) ? entry(*delta, link) : std::nullopt;
        if (found && found->reason != CrlReason::remove_from_crl)
            return true;
        removed = removed || (found && delta == newest && now < delta->info.next_update);
    }
    // Nothing but a hold can be taken back (5.3.1).
    return standing && !(removed && standing->reason == CrlReason::certificate_hold);
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/pool.hh"

#include <algorithm>
#include <stdexcept>

namespace clientcert {
namespace {

using Level = KeeperHost::Level;

/// What orders CRLs, without what takes room.
CrlInfo order_of(const CrlInfo &info)
{
    CrlInfo order;
    order.issuer_id = info.issuer_id;
    order.number = info.number;
    order.this_update = info.this_update;
    order.next_update = info.next_update;
    return order;
}

Level level_of(RefusedCrl::Why why)
{
    switch (why) {
    case RefusedCrl::Why::unknown_issuer:
        return Level::notice;
    case RefusedCrl::Why::not_yet:
        return Level::warning;
    case RefusedCrl::Why::signer:
        break;
    }
    return Level::error;
}

void note(CrlFile &file, const RefusedCrl &crl)
{
    switch (crl.why) {
    case RefusedCrl::Why::unknown_issuer:
        file.unknown.push_back(crl.issuer);
        return;
    case RefusedCrl::Why::signer:
        file.signer_refused = true;
        return;
    case RefusedCrl::Why::not_yet:
        if (file.again == Time{} || crl.from < file.again)
            file.again = crl.from;
        return;
    }
}

/// Whether `b` goes before `a`, of the same issuer, key and scope.
bool goes_before(const CrlInfo &b, const CrlInfo &a)
{
    if (!may_replace(a, b))
        return true;
    return may_replace(b, a) && b.this_update > a.this_update;
}

}  // namespace

void CrlPool::start(std::shared_ptr<const CrlIndex> index,
                    const std::vector<KeeperMemory::Crl> &crls)
{
    index_ = std::move(index);
    in_index_.clear();
    held_.clear();
    for (std::size_t n = 0; n < crls.size(); ++n) {
        in_index_.push_back(crls[n].id);
        if (const auto record = index_->record(n))
            held_[crls[n].id] = {slot_of(record->info),  group_of(record->info, record->signer),
                                 order_of(record->info), crls[n].warned,
                                 std::nullopt,           n};
    }
}

CrlPool::Findings CrlPool::take(TrackedFile &file, Intake intake)
{
    Findings findings;
    std::set<ShortDigest> kept;
    const auto find = [&](const ShortDigest &slot, Level level, const std::string &message) {
        kept.insert(slot);
        findings.level = std::max(findings.level, level);
        findings.messages.push_back(message);
    };
    auto &known = file.known;
    const auto before = std::exchange(known.crls, {});
    known.unknown.clear();
    known.signer_refused = known.passed_over = false;
    known.again = Time{};

    for (const auto &crl : intake.refused) {
        note(known, crl);
        find(crl.slot, level_of(crl.why), crl.message);
    }
    for (auto &crl : intake.taken) {
        const auto &info = crl.record.info;
        const auto group = group_of(info, crl.record.signer);
        if (!numbers_.allow(group, info)) {
            known.passed_over = true;
            find(slot_of(info), Level::warning,
                 described(info) + " of " + rfc3339(info.this_update) +
                     " is older than one that was in force");
            continue;
        }
        known.crls.push_back(crl.id);
        if (!has(crl))
            hold(std::move(crl), group);
    }
    for (const auto &id : before)
        if (const auto held = held_.find(id); held != held_.end() &&
                                              kept.contains(held->second.slot) &&
                                              std::ranges::find(known.crls, id) == known.crls.end())
            known.crls.push_back(id);
    return findings;
}

bool CrlPool::has(const TakenCrl &crl) const
{
    const auto held = held_.find(crl.id);
    if (held == held_.end())
        return false;
    if (held->second.fresh)
        return held->second.fresh->signer == crl.record.signer;
    // The same CRL, but another path may lead to its signer than before.
    const auto record = index_->record(held->second.record);
    return record && record->signer == crl.record.signer;
}

void CrlPool::hold(TakenCrl crl, const ShortDigest &group)
{
    const auto &info = crl.record.info;
    numbers_.raise(group, info);
    auto &held = held_[crl.id];
    held.slot = slot_of(info);
    held.group = group;
    held.order = order_of(info);
    held.fresh = std::move(crl.record);
}

std::vector<CrlId> CrlPool::chosen(const std::vector<TrackedFile *> &files) const
{
    std::map<ShortDigest, const CrlInfo *> newest;
    for (const auto *file : files)
        for (const auto &id : file->known.crls) {
            const auto &held = held_.at(id);
            auto &standing = newest[held.group];
            if (standing == nullptr || goes_before(held.order, *standing))
                standing = &held.order;
        }
    // In the order of an index: by issuer.
    std::set<std::pair<NameId, CrlId>> ids;
    for (auto *file : files) {
        const auto older = std::erase_if(file->known.crls, [&](const auto &id) {
            const auto &held = held_.at(id);
            return goes_before(*newest.at(held.group), held.order);
        });
        file->known.passed_over = file->known.passed_over || older > 0;
        for (const auto &id : file->known.crls)
            ids.emplace(held_.at(id).order.issuer_id, id);
    }
    std::vector<CrlId> ordered;
    ordered.reserve(ids.size());
    for (const auto &[issuer, id] : ids)
        ordered.push_back(id);
    return ordered;
}

bool CrlPool::is_published(const std::vector<CrlId> &ids) const
{
    return index_ != nullptr && ids == in_index_ && std::ranges::none_of(ids, [&](const auto &id) {
               return held_.at(id).fresh.has_value();
           });
}

std::vector<NewRecord> CrlPool::records(const std::vector<CrlId> &ids,
                                        const std::function<std::string(const CrlId &)> &source_of)
{
    std::vector<NewRecord> records;
    records.reserve(ids.size());
    for (const auto &id : ids) {
        auto &held = held_.at(id);
        if (held.fresh) {
            records.push_back(std::move(*held.fresh));
        } else if (auto record = index_->record(held.record)) {
            records.push_back({std::move(record->info),
                               std::move(record->signer),
                               {},
                               table_octets(*index_, held.record)});
        } else {
            throw std::runtime_error{"a record of an index that was whole is damaged"};
        }
        records.back().source = source_of(id);
    }
    return records;
}

void CrlPool::published(std::shared_ptr<const CrlIndex> index, const std::vector<CrlId> &ids)
{
    index_ = std::move(index);
    in_index_ = ids;
    auto before = std::exchange(held_, {});
    for (std::size_t n = 0; n < ids.size(); ++n) {
        auto &held = held_[ids[n]] = std::move(before.at(ids[n]));
        held.fresh.reset();
        held.record = n;
    }
}

void CrlPool::not_published()
{
    start(index_, crls());
}

std::vector<KeeperMemory::Crl> CrlPool::crls() const
{
    std::vector<KeeperMemory::Crl> crls;
    crls.reserve(in_index_.size());
    for (const auto &id : in_index_) {
        const auto held = held_.find(id);
        crls.push_back({id, held == held_.end() ? std::uint8_t{0} : held->second.warned});
    }
    return crls;
}

}  // namespace clientcert

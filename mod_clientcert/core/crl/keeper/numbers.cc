// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/numbers.hh"

#include <algorithm>

namespace clientcert {
namespace {

CrlInfo as_info(const HighestNumber &highest)
{
    CrlInfo info;
    info.number = highest.number;
    info.this_update = highest.this_update;
    return info;
}

}  // namespace

HighestNumbers::HighestNumbers(const std::vector<HighestNumber> &numbers)
{
    for (const auto &number : numbers)
        raise(number.group, [&] {
            auto info = as_info(number);
            info.issuer_id = number.issuer;
            return info;
        }());
}

bool HighestNumbers::allow(const ShortDigest &group, const CrlInfo &info) const
{
    const auto standing = numbers_.find(group);
    return standing == numbers_.end() || may_replace(info, as_info(standing->second));
}

void HighestNumbers::raise(const ShortDigest &group, const CrlInfo &info)
{
    auto &highest = numbers_[group];
    highest.group = group;
    highest.issuer = info.issuer_id;
    highest.this_update = std::max(highest.this_update, info.this_update);
    if (info.number && (!highest.number || compare_numbers(*info.number, *highest.number) > 0))
        highest.number = info.number;
}

bool HighestNumbers::forget(const NameId &issuer)
{
    return std::erase_if(numbers_,
                         [&](const auto &entry) { return entry.second.issuer == issuer; }) > 0;
}

std::vector<HighestNumber> HighestNumbers::all() const
{
    std::vector<HighestNumber> all;
    all.reserve(numbers_.size());
    for (const auto &[group, number] : numbers_)
        all.push_back(number);
    return all;
}

}  // namespace clientcert

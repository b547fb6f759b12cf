// SPDX-License-Identifier: Apache-2.0
#include "core/map/evaluation.hh"

#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert {

void UserMap::add(MapRule rule)
{
    const auto &selector = rule.content().selector.selector();
    const auto place = std::ranges::find(selectors_, selector);
    used_.push_back(static_cast<std::size_t>(place - selectors_.begin()));
    if (place == selectors_.end())
        selectors_.push_back(selector);
    rules_.push_back(std::move(rule));
}

bool UserMap::has_pins() const
{
    return std::ranges::any_of(rules_, &MapRule::has_pins);
}

MapOutcome UserMap::evaluate(const Client &client, const Regex &pattern, Time now, MapTrace *trace,
                             void *context) const
{
    if (client.certificate() == nullptr)
        return {};
    MapEvaluation evaluation{client, selectors_, pattern, now, trace, context};
    for (std::size_t i = 0; i < rules_.size(); ++i)
        if (evaluation.decides(rules_[i].content(), used_[i]))
            break;
    auto outcome = evaluation.outcome();
    if (outcome.state == MapOutcome::State::denied)
        outcome.reason = "the rule " + quoted(rules_[*outcome.rule].text()) + " denies";
    return outcome;
}

}  // namespace clientcert

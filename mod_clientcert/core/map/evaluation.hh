// SPDX-License-Identifier: Apache-2.0
// One evaluation of a map: what the rules ask for is worked out once.
#pragma once

#include "core/map/rule_content.hh"

#include <clientcert/client.hh>

namespace clientcert {

class MapEvaluation {
public:
    /// Of a client that is valid.
    MapEvaluation(const Client &client, std::span<const Selector> selectors, const Regex &pattern,
                  Time now, MapTrace *trace, void *context);

    /// Whether this rule (the next one) decides, and `outcome` is made. `selector` is the place of
    /// its selector among all.
    bool decides(const MapRule::Content &rule, std::size_t selector);

    const MapOutcome &outcome() const { return outcome_; }

private:
    using Values = std::span<const CertificateValue>;

    bool ask(const MapRule::Content::Pattern &pattern, Values candidates);
    bool ask(const MapRule::Content::Name &name, Values candidates);
    bool ask(const MapRule::Content::Lookup &lookup, Values candidates);
    bool ask(const MapRule::Content::Value &value, Values candidates);

    bool pins_hold(const MapRule::Content::Pins &pins);
    const VerifiedChain &chain();
    Values values_of(std::size_t selector);
    void note(const SingleSelector &selector, Values values);
    bool is_user_name(std::string_view user);

    // Each says how a rule ends, and whether the map ends with it.
    bool passes(auto why);
    bool gives(std::string user, std::string why);
    bool ends(MapOutcome::State state, std::string why);

    const Client &client_;
    const Certificate &certificate_;
    std::span<const Selector> selectors_;
    const Regex &pattern_;
    Time now_;
    MapTrace *trace_;
    void *context_;         ///< for lookups
    std::size_t rule_ = 0;  ///< the next one
    std::vector<std::optional<std::vector<CertificateValue>>> values_;
    std::optional<VerifiedChain> chain_;
    Regex::Scratch scratch_;
    MapOutcome outcome_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/map/evaluation.hh"

#include "core/certificate_value.hh"
#include "core/utf8.hh"

#include <algorithm>

namespace clientcert {
namespace {

using Content = MapRule::Content;
using State = MapOutcome::State;

/// Why a value was not taken, and what none of several does.
struct Failure {
    const char *one;
    const char *several;
};

std::string told(std::span<const CertificateValue> candidates, const Failure &failure)
{
    if (candidates.size() > 1)
        return std::string{"none of its values "} + failure.several;
    const auto &value = candidates.front();
    return quoted(value.text) + (value.usable
                                     ? failure.one
                                     : " has a control character, or is no text: it never matches");
}

std::string why_none(const SingleSelector &selector, std::size_t count)
{
    if (count == 0)
        return "the certificate has none";
    const std::string begin = "the certificate has " + std::to_string(count) + " values of it";
    return begin + (selector.text() == selector.selector().text()
                        ? ", of which [0], [last] or [any] would choose"
                        : " alone");
}

}  // namespace

MapEvaluation::MapEvaluation(const Client &client, std::span<const Selector> selectors,
                             const Regex &pattern, Time now, MapTrace *trace, void *context)
    : client_{client}, certificate_{*client.certificate()},
      selectors_{selectors}, pattern_{pattern}, now_{now}, trace_{trace}, context_{context},
      values_(selectors.size())
{
}

bool MapEvaluation::decides(const Content &rule, std::size_t selector)
{
    if (trace_ != nullptr)
        trace_->push_back({.rule = rule_});
    ++rule_;
    if (!pins_hold(rule.pins))
        return passes([] { return "its issuer pin is not in the certificate's chain"; });
    // A name is compared as it is encoded: printed it is for explanations alone.
    if (const auto *name = std::get_if<Content::Name>(&rule.how); name != nullptr && !trace_)
        return ask(*name, {});
    const auto values = values_of(selector);
    note(rule.selector, values);
    const auto candidates = rule.selector.chosen(values);
    if (candidates.empty())
        return passes([&] { return why_none(rule.selector, values.size()); });
    return std::visit([&](const auto &how) { return ask(how, candidates); }, rule.how);
}

bool MapEvaluation::ask(const Content::Pattern &pattern, Values candidates)
{
    for (const auto &value : candidates) {
        if (!value.usable)
            continue;
        const auto match = pattern.regex.match(value.text, scratch_);
        if (!match)
            return ends(State::failed, match.error() + " on " + quoted(value.text));
        if (!*match)
            continue;
        if (pattern.user.denies())
            return ends(State::denied, quoted(value.text) + " matches");
        return gives(pattern.user.filled(**match), quoted(value.text) + " matches");
    }
    return passes([&] { return told(candidates, {" does not match", "matches"}); });
}

bool MapEvaluation::ask(const Content::Name &name, Values)
{
    const auto *subject = certificate_.subject();
    if (!name.name.matches(subject))
        return passes([&] { return quoted(rfc4514(subject)) + " is another name"; });
    if (!is_usable(subject))
        return passes([&] { return quoted(rfc4514(subject)) + " has a control character"; });
    if (name.user.denies())
        return ends(State::denied, quoted(rfc4514(subject)) + " is this name");
    return gives(name.user.filled({}), quoted(rfc4514(subject)) + " is this name");
}

bool MapEvaluation::ask(const Content::Lookup &lookup, Values candidates)
{
    using Answer = MapLookup::Answer::State;
    outcome_.stands_until = std::min(outcome_.stands_until, now_ + lookup.cache);
    Failure failure{" is not found", "is found"};
    for (const auto &value : candidates) {
        if (!value.usable || value.text.empty())
            continue;
        auto answer = lookup.lookup->find(value.text, context_);
        if (answer.state == Answer::found)
            return gives(std::move(answer.text), quoted(value.text) + " is found");
        if (answer.state == Answer::failed) {
            outcome_.stands_until = now_;  // it may be up again any moment
            return ends(State::failed, std::move(answer.text));
        }
        if (answer.state == Answer::several)
            failure = {" is found more than once: nobody can tell who it is",
                       "is found, or only more than once"};
    }
    return passes([&] { return told(candidates, failure); });
}

bool MapEvaluation::ask(const Content::Value &, Values candidates)
{
    const auto fits = [this](const auto &value) {
        return value.usable && is_user_name(value.text);
    };
    if (const auto found = std::ranges::find_if(candidates, fits); found != candidates.end())
        return gives(found->text, quoted(found->text) + " is the user");
    const auto usable = std::ranges::find_if(candidates, &CertificateValue::usable);
    if (usable != candidates.end())
        return gives(usable->text, {});
    return passes([&] { return told(candidates, {" cannot be used", "can be used"}); });
}

bool MapEvaluation::pins_hold(const Content::Pins &pins)
{
    // The key of a trusted leaf that has not signed itself is not known.
    const auto by = [&](const ChainLink &link) {
        return (!pins.issuer || link.issuer == *pins.issuer) &&
               (!pins.issuer_key ||
                (link.issuer_key == *pins.issuer_key && link.issuer_key != KeyId{}));
    };
    return (!pins.issuer && !pins.issuer_key) || std::ranges::any_of(chain().links, by);
}

/// The one by which the verdict was given; no links where it cannot be known.
const VerifiedChain &MapEvaluation::chain()
{
    if (chain_)
        return *chain_;
    const auto &evidence = client_.evidence();
    const auto *trust = client_.trust();
    const auto &known = evidence.verification;
    if (known && (trust == nullptr || known->trust == trust->id()))
        return chain_.emplace(known->chain);
    return chain_.emplace(trust != nullptr ? trust->verify(evidence, now_).chain : VerifiedChain{});
}

MapEvaluation::Values MapEvaluation::values_of(std::size_t selector)
{
    auto &values = values_[selector];
    if (!values)
        values = selectors_[selector].unescaped_values(certificate_);
    return *values;
}

void MapEvaluation::note(const SingleSelector &selector, Values values)
{
    if (trace_ == nullptr)
        return;
    trace_->back().selector = selector.text();
    trace_->back().values.assign(values.begin(), values.end());
}

bool MapEvaluation::is_user_name(std::string_view user)
{
    if (user.empty() || user.find(':') != user.npos || !is_clean_text(user))
        return false;
    const auto match = pattern_.match(user, scratch_);
    return match && *match;
}

bool MapEvaluation::passes(auto why)
{
    if (trace_ != nullptr)
        trace_->back().why = why();
    return false;
}

bool MapEvaluation::gives(std::string user, std::string why)
{
    if (!is_user_name(user))
        return ends(State::no_match, quoted(user) + " is no user name: it does not match " +
                                         quoted(pattern_.pattern()) +
                                         ", or has a ':' or a control character");
    outcome_.user = std::move(user);
    return ends(State::user, std::move(why));
}

bool MapEvaluation::ends(State state, std::string why)
{
    outcome_.state = state;
    outcome_.rule = rule_ - 1;
    if (state == State::no_match || state == State::failed)
        outcome_.reason = why;
    if (trace_ != nullptr) {
        trace_->back().matched = state != State::failed;
        trace_->back().why = std::move(why);
    }
    return true;
}

}  // namespace clientcert

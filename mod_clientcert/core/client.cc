// SPDX-License-Identifier: Apache-2.0
#include <clientcert/client.hh>
#include <clientcert/variable.hh>

namespace clientcert {

Client::Client(std::shared_ptr<const Evidence> evidence, Verdict verdict, const Trust *trust,
               Capacity capacity, std::uint64_t crls)
    : evidence_{std::move(evidence)}, verdict_{verdict}, trust_{trust}, crls_{crls},
      capacity_{capacity}, texts_{std::make_unique<std::atomic<const Text *>[]>(capacity.texts)},
      outcomes_{std::make_unique<std::atomic<Outcome>[]>(capacity.outcomes)}
{
}

const Certificate *Client::certificate() const
{
    return verdict_.valid() && evidence_->leaf ? &*evidence_->leaf : nullptr;
}

const std::vector<SubjectAltName> &Client::subject_alt_names() const
{
    std::call_once(names_parsed_, [this] {
        if (const auto *leaf = certificate())
            names_ = leaf->subject_alt_names();
    });
    return names_;
}

const std::vector<std::pair<std::string, std::string>> &Client::environment() const
{
    std::call_once(environment_made_, [this] {
        for (auto &name : Variable::names_for(*this))
            if (const auto variable = Variable::named(name))
                if (auto value = variable->value(*this); !value.empty())
                    environment_.emplace_back(std::move(name), std::move(value));
    });
    return environment_;
}

const Client::Text &Client::keep(std::size_t slot, Text text) const
{
    const std::scoped_lock lock{mutex_};
    if (const auto *first = kept(slot))
        return *first;
    owned_.push_back(std::make_unique<const Text>(std::move(text)));
    if (slot < capacity_.texts)
        texts_[slot].store(owned_.back().get(), std::memory_order_release);
    return *owned_.back();
}

std::shared_ptr<const MapOutcome> Client::user(const UserMap &map, const Regex &pattern,
                                               Time now) const
{
    const std::scoped_lock lock{mutex_};
    for (const auto &known : users_)
        if (known.map == &map && known.pattern == &pattern && now < known.outcome->stands_until)
            return known.outcome;
    return nullptr;
}

void Client::remember_user(const UserMap &map, const Regex &pattern,
                           std::shared_ptr<const MapOutcome> outcome) const
{
    const std::scoped_lock lock{mutex_};
    std::erase_if(users_, [&](const KnownUser &known) {
        return known.map == &map && known.pattern == &pattern;
    });
    users_.push_back({&map, &pattern, std::move(outcome)});
}

void Client::remember(std::size_t slot, bool outcome) const
{
    if (slot < capacity_.outcomes)
        outcomes_[slot].store(outcome ? Outcome::holds : Outcome::fails, std::memory_order_relaxed);
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "httpd/evidence/client_cache.hh"

#include <algorithm>

namespace clientcert::httpd {

Verdict judged(const Evidence &evidence, const Trust *trust, Time now, const SharedCrls::View &crls)
{
    if (trust != nullptr)
        return judge(evidence, *trust, now, crls.in_force());
    // The virtual host has no TLS of its own: it trusts nobody.
    if (evidence.leaf)
        return {Verdict::State::failed, Reason::error};
    return {};
}

void ClientCache::replace(std::shared_ptr<const Evidence> evidence)
{
    const std::scoped_lock lock{mutex_};
    evidence_ = std::move(evidence);
    latest_.store(nullptr, std::memory_order_release);
    was_good_.store(false, std::memory_order_relaxed);
    clients_.clear();
}

std::shared_ptr<const Evidence> ClientCache::evidence() const
{
    const std::scoped_lock lock{mutex_};
    return evidence_;
}

std::shared_ptr<const Client> ClientCache::client(const Trust *trust, Time now) const
{
    const std::scoped_lock lock{mutex_};
    const auto known =
        std::ranges::find(clients_, trust, [](const auto &one) { return one->trust(); });
    std::shared_ptr<const Client> client;
    if (known != clients_.end() && (*known)->stands(trust, now, registry_.crl_generation())) {
        client = *known;
    } else {
        const auto crls = registry_.crl_view();
        client = std::make_shared<const Client>(evidence_, judged(*evidence_, trust, now, crls),
                                                trust, registry_.capacity(), crls.generation);
        if (!evidence_->hypothetical)
            registry_.counters.all().verdicts.add(client->verdict());
        unclaimed_.fetch_add(1, std::memory_order_relaxed);
    }
    if (known == clients_.end())
        clients_.push_back(client);
    else
        *known = client;
    if (client->verdict().valid())
        was_good_.store(true, std::memory_order_relaxed);
    latest_.store(client.get(), std::memory_order_release);
    return client;
}

std::vector<const Trust *> ClientCache::trusts() const
{
    const std::scoped_lock lock{mutex_};
    std::vector<const Trust *> trusts;
    for (const auto &client : clients_)
        trusts.push_back(client->trust());
    return trusts;
}

}  // namespace clientcert::httpd

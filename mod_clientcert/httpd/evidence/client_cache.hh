// SPDX-License-Identifier: Apache-2.0
// Who brought one evidence along, to each of those that trust somebody.
#pragma once

#include "httpd/config/registry.hh"

#include <clientcert/client.hh>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace clientcert::httpd {

/// Used by many threads at once.
class ClientCache {
public:
    ClientCache(std::shared_ptr<const Evidence> evidence, const Registry &registry)
        : registry_{registry}, evidence_{std::move(evidence)}
    {
    }

    /// From now on this evidence counts, and nothing that was said of the last one.
    void replace(std::shared_ptr<const Evidence> evidence);

    std::shared_ptr<const Evidence> evidence() const;

    /// The client to those with that trust (null: to nobody), judged at `now`.
    std::shared_ptr<const Client> client(const Trust *trust, Time now) const;

    /// The same without the cost of sharing: until the evidence is replaced or the client is asked
    /// for again.
    const Client *peek(const Trust *trust, Time now) const
    {
        const auto *client = latest_.load(std::memory_order_acquire);
        return client && client->stands(trust, now, registry_.crl_generation())
                   ? client
                   : this->client(trust, now).get();
    }

    /// Counts a request that ends, unless a verdict was worked out for it or it needed none. Of the
    /// requests that begin together one works it out: whichever ends first stands for that one.
    void count_request(std::size_t place) const
    {
        if (!claims_verdict() && latest_.load(std::memory_order_relaxed) != nullptr)
            registry_.counters.all().verdicts_kept.add(place);
    }

    /// All that were asked for.
    std::vector<const Trust *> trusts() const;

    /// Whether anybody has ever found this evidence good.
    bool was_good() const { return was_good_.load(std::memory_order_relaxed); }

private:
    bool claims_verdict() const
    {
        auto count = unclaimed_.load(std::memory_order_relaxed);
        while (count > 0 &&
               !unclaimed_.compare_exchange_weak(count, count - 1, std::memory_order_relaxed)) {
        }
        return count > 0;
    }

    const Registry &registry_;
    mutable std::mutex mutex_;  ///< guards what is below
    std::shared_ptr<const Evidence> evidence_;
    mutable std::vector<std::shared_ptr<const Client>> clients_;  ///< one for each trust
    mutable std::atomic<bool> was_good_{false};

    /// Verdicts that were worked out for requests which have not ended yet.
    mutable std::atomic<unsigned> unclaimed_{0};

    /// The one of `clients_` that was asked for last: that of nearly every request.
    mutable std::atomic<const Client *> latest_{nullptr};
};

/// The verdict under that trust (null: nobody is trusted) by these CRLs.
Verdict judged(const Evidence &evidence, const Trust *trust, Time now,
               const SharedCrls::View &crls);

}  // namespace clientcert::httpd

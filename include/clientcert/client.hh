// SPDX-License-Identifier: Apache-2.0
// Who is at the other end: evidence and verdict, and everything that follows from the two and is
// worked out once.
#pragma once

#include <clientcert/evidence.hh>
#include <clientcert/trust.hh>
#include <clientcert/user_map.hh>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clientcert {

/// One verdict on one evidence. Used by many threads at once (the streams of an HTTP/2 connection);
/// what they cache here lives as long as it.
class Client {
public:
    /// How many slots each of the caches has.
    struct Capacity {
        std::size_t texts = 0;
        std::size_t outcomes = 0;
    };

    /// `trust` is the one under which the verdict was given, null where there is none.
    /// `crls`: the generation of the CRLs by which it was given.
    Client(std::shared_ptr<const Evidence> evidence, Verdict verdict, const Trust *trust,
           Capacity capacity, std::uint64_t crls = 0);

    const Evidence &evidence() const { return *evidence_; }
    const Verdict &verdict() const { return verdict_; }
    const Trust *trust() const { return trust_; }

    /// Whether the verdict is still that of this trust at this time by these CRLs.
    bool stands(const Trust *trust, Time now, std::uint64_t crls = 0) const
    {
        return trust == trust_ && now < verdict_.stands_until && crls == crls_;
    }

    /// The certificate when it is valid, else null: nothing reads an unverified one.
    const Certificate *certificate() const;

    /// The certificate's alternative names, parsed once.
    const std::vector<SubjectAltName> &subject_alt_names() const;

    /// All CLIENTCERT_* variables that have a value, with it; worked out once. Alternative names
    /// stand there without a number (the first of their kind) and with one (each).
    const std::vector<std::pair<std::string, std::string>> &environment() const;

    /// A text that stays the same as long as the verdict, or that there is none of it.
    using Text = std::optional<std::string>;

    /// What was kept in that slot, null where nothing was yet.
    const Text *kept(std::size_t slot) const
    {
        return slot < capacity_.texts ? texts_[slot].load(std::memory_order_acquire) : nullptr;
    }

    /// Keeps `text`; where another thread was first, the answer is what that one kept. The answer
    /// lives as long as this object.
    const Text &keep(std::size_t slot, Text text) const;

    /// The user that this map, with this pattern of names, was found to say; null where it has to
    /// be asked (again).
    std::shared_ptr<const MapOutcome> user(const UserMap &map, const Regex &pattern,
                                           Time now) const;
    void remember_user(const UserMap &map, const Regex &pattern,
                       std::shared_ptr<const MapOutcome> outcome) const;

    /// The remembered outcome of a rule, where there is one.
    std::optional<bool> outcome(std::size_t slot) const
    {
        const auto outcome = slot < capacity_.outcomes
                                 ? outcomes_[slot].load(std::memory_order_relaxed)
                                 : Outcome::unknown;
        return outcome == Outcome::unknown ? std::nullopt
                                           : std::optional{outcome == Outcome::holds};
    }
    void remember(std::size_t slot, bool outcome) const;

private:
    enum class Outcome : std::uint8_t { unknown, fails, holds };

    struct KnownUser {
        const UserMap *map;
        const Regex *pattern;
        std::shared_ptr<const MapOutcome> outcome;
    };

    std::shared_ptr<const Evidence> evidence_;
    Verdict verdict_;
    const Trust *trust_;
    std::uint64_t crls_;
    Capacity capacity_;
    std::unique_ptr<std::atomic<const Text *>[]> texts_;
    std::unique_ptr<std::atomic<Outcome>[]> outcomes_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<const Text>> owned_;
    mutable std::vector<KnownUser> users_;
    mutable std::once_flag names_parsed_;
    mutable std::vector<SubjectAltName> names_;
    mutable std::once_flag environment_made_;
    mutable std::vector<std::pair<std::string, std::string>> environment_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What the processes of a server count together, in memory that they share and that outlives each
// configuration. To count costs one relaxed addition; whoever is killed leaves nothing half-done.
#pragma once

#include <clientcert/octets.hh>
#include <clientcert/verdict.hh>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace clientcert {

/// What two processors write at the same time should be so far apart.
inline constexpr std::size_t cache_line = 64;

class Counter {
public:
    void add() { number_.fetch_add(1, std::memory_order_relaxed); }
    void set(std::uint64_t number) { number_.store(number, std::memory_order_relaxed); }
    std::uint64_t value() const { return number_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> number_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

/// For what nearly every request does: it is counted in several places, so that processors do not
/// have to wait for each other.
class SpreadCounter {
public:
    /// `where` is any number that tells those apart who count at the same time.
    void add(std::size_t where) { places_[where % places_.size()].counter.add(); }

    std::uint64_t value() const
    {
        std::uint64_t sum = 0;
        for (const auto &place : places_)
            sum += place.counter.value();
        return sum;
    }

private:
    struct alignas(cache_line) Place {
        Counter counter;
    };
    std::array<Place, 16> places_;
};

/// One number for each reason.
using ReasonCounters = std::array<Counter, reason_count>;

inline void add(ReasonCounters &counters, Reason reason)
{
    counters[static_cast<std::size_t>(reason)].add();
}

/// A short text of a time. Any number of processes write and read it without waiting; nobody ever
/// reads half of one, whoever writes at the same time or is killed while he does.
class SharedText {
public:
    struct Content {
        std::string text;
        Time time{};
    };

    /// What is too long is cut.
    void write(std::string_view text, Time time);

    /// The latest that is there as a whole; no text where there has been none.
    Content read() const;

private:
    static constexpr std::size_t size = 32;

    /// It is valid where `check` fits the words and the number of the text.
    struct Entry {
        std::array<std::atomic<std::uint64_t>, size> words{};
        std::atomic<std::uint64_t> check{0};
    };

    std::optional<Content> read(std::uint64_t number) const;

    std::atomic<std::uint64_t> written_{0};
    std::array<Entry, 2> entries_{};  ///< by number, in turn
};

/// What is counted of something that has a name: a map, a lookup, a source of CRLs.
struct alignas(cache_line) NamedCounters {
    Counter hits;
    Counter misses;
    Counter errors;
    Counter cached;     ///< answers that were known already
    Counter last_look;  ///< seconds since 1970
    SharedText last_error;
};

/// Finds them by name, for a server that reads its configuration again and again: what it goes on
/// to have keeps its numbers. One process at a time asks for them; all count.
class NamedCountersTable {
public:
    /// How much memory a table of that many names takes.
    static std::size_t size_for(std::size_t names);

    /// Makes one in memory of that size, all of it zero.
    static NamedCountersTable &make_in(void *memory, std::size_t names);

    /// From now on names are those of a new configuration.
    void begin_configuration() { ++configuration_; }

    /// Null where there is no room: then those of the configuration before last have made none.
    NamedCounters *find(std::string_view name);

private:
    struct Slot {
        Sha256 name{};                    ///< its digest
        std::uint64_t configuration = 0;  ///< the last one that had it; 0 where it is free
        NamedCounters counters;
    };

    explicit NamedCountersTable(std::size_t names) : size_{names} {}
    std::span<Slot> slots();

    std::size_t size_;
    std::uint64_t configuration_ = 0;
};

/// All that does not depend on the configuration.
struct Counters {
    // Groups that are counted by different events.
    struct alignas(cache_line) Handshakes {
        Counter full;
        Counter resumed;
        Counter failed;  ///< for other reasons than the certificate
        ReasonCounters refused;
    } handshakes;

    struct alignas(cache_line) Requests {
        ReasonCounters denied;
        Counter undecided;  ///< answered with 503: the CRLs had not been read yet
    } requests;

    struct alignas(cache_line) Verdicts {
        ReasonCounters judged;
        Counter none;  ///< of those without a reason: that there is no certificate

        void add(const Verdict &verdict)
        {
            clientcert::add(judged, verdict.reason);
            if (verdict.state == Verdict::State::none)
                none.add();
        }
    } verdicts;
    SpreadCounter verdicts_kept;  ///< requests that found theirs judged already

    struct alignas(cache_line) Crls {
        Counter published;
        Counter connections_closed;

        Counter watcher;        ///< its process
        Counter watcher_since;  ///< seconds since 1970
        Counter watcher_seen;   ///< likewise: its last step
        SharedText watcher_error;
    } crls;

    Counter since;  ///< seconds since 1970
};

}  // namespace clientcert

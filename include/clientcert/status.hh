// SPDX-License-Identifier: Apache-2.0
// What the module tells of itself at one moment, and the ways to write it.
#pragma once

#include <clientcert/crl_index.hh>
#include <clientcert/crl_keeper.hh>
#include <clientcert/html.hh>
#include <clientcert/verdict.hh>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clientcert {

struct Status {
    struct Problem {
        std::string text;
        Time time{};
    };

    /// Times that are not known are the epoch.
    struct Server {
        std::string name;
        Time started{};     ///< from then on numbers are counted
        Time configured{};  ///< it has read its configuration last
        std::uint64_t restarts = 0;
    };

    struct Source {
        std::string where;  ///< as configured, without a password
        std::string kind;   ///< path, url, cdp
        Time looked_at{};
        std::uint64_t taken = 0;
        std::uint64_t failures = 0;
        std::size_t crls = 0;                 ///< of it that are in force
        std::vector<std::string> problems{};  ///< that stand now
        std::optional<Problem> last_error{};
    };

    struct Crl {
        std::string id;      ///< the same as long as issuer, scope and key are
        std::string source;  ///< the one that is configured
        std::string file;    ///< or the URL that it came from
        std::string issuer;
        std::optional<std::string> number;
        std::optional<std::string> base_number;  ///< of a delta CRL
        std::uint64_t entries = 0;
        std::uint64_t octets = 0;
        Time this_update{};
        std::optional<Time> next_update;
        Time read{};
        std::string problem;  ///< with what has come after it

        bool is_delta() const { return base_number.has_value(); }

        /// How much of its life is over: 0 to 1, above that where it is overdue.
        double life(Time now) const;
    };

    /// There where CRLs are asked for.
    struct Crls {
        enum class Progress { unread, earlier, read };

        Progress progress = Progress::unread;
        std::uint64_t generation = 0;
        std::uint64_t published = 0;
        std::uint64_t connections_closed = 0;
        std::uint64_t watcher = 0;  ///< its process; 0 where there has been none
        Time watcher_since{};
        Time watcher_seen{};
        std::optional<Problem> watcher_error;
        std::vector<Source> sources;
        std::vector<Crl> crls;
    };

    /// A map or a lookup.
    struct Asked {
        std::string host;  ///< of a map
        std::string name;
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::uint64_t errors = 0;
        std::uint64_t cached = 0;  ///< of a map
        std::optional<Problem> last_error{};
        std::string problem{};  ///< of a lookup, that stands now
    };

    using Reasons = std::array<std::uint64_t, reason_count>;

    struct Handshakes {
        std::uint64_t full = 0;
        std::uint64_t resumed = 0;
        std::uint64_t failed = 0;
        Reasons refused{};
    };

    struct Verdicts {
        std::uint64_t none = 0;
        std::uint64_t success = 0;
        Reasons failed{};
        std::uint64_t kept = 0;

        std::uint64_t judged() const;
    };

    Time now{};
    Server server;
    Handshakes handshakes;
    Reasons denied{};
    std::uint64_t undecided = 0;
    Verdicts verdicts;
    std::vector<Asked> maps;
    std::vector<Asked> lookups;
    std::optional<Crls> crls;
};

/// The CRLs of an index and the sources that they came from, in the order in which they need
/// attention.
void add_crls(Status::Crls &status, const CrlIndex &index,
              const std::vector<CrlSourceReport> &reports);

/// A document, its schema is docs/status.schema.json.
std::string status_json(const Status &status);

/// OpenMetrics 1.0.0.
std::string status_metrics(const Status &status);

/// For people: all that stands on the page.
Html status_html(const Status &status);

/// `ClientCertName: value` lines, for mod_status's `?auto`.
std::string status_lines(const Status &status);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// The status in short, as mod_status's `?auto` tells its own: a name and a number a line.
#include "core/ascii.hh"
#include "core/status/attention.hh"

#include <clientcert/clock.hh>
#include <clientcert/status.hh>

#include <algorithm>
#include <numeric>

namespace clientcert {
namespace {

class Lines {
public:
    void add(const std::string &name, std::uint64_t number)
    {
        text_ += "ClientCert" + name + ": " + std::to_string(number) + '\n';
    }

    /// One line for all, and one for each reason: DeniedNoMapMatch.
    void add(const std::string &name, const Status::Reasons &numbers)
    {
        add(name, std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}));
        for (std::size_t i = 0; i < numbers.size(); ++i)
            add(name + in_one_word(word(static_cast<Reason>(i))), numbers[i]);
    }

    const std::string &text() const { return text_; }

private:
    static std::string in_one_word(std::string_view words)
    {
        std::string name;
        bool begins = true;
        for (const char c : words) {
            if (c != '-')
                name += begins ? upper(c) : c;
            begins = c == '-';
        }
        return name;
    }

    std::string text_;
};

std::uint64_t errors_of(const std::vector<Status::Asked> &all)
{
    return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto &one) { return sum + one.errors; });
}

void add_crls(Lines &lines, const Status::Crls &crls, Time now)
{
    const auto overdue = std::ranges::count_if(
        crls.crls, [now](const auto &crl) { return crl.next_update && now >= *crl.next_update; });
    lines.add("CRLs", crls.crls.size());
    lines.add("CRLsOverdue", static_cast<std::uint64_t>(overdue));
    if (!crls.crls.empty() && crls.crls.front().next_update)
        lines.add("CRLNextUpdate", seconds_of(*crls.crls.front().next_update));
    lines.add("CRLSourceProblems",
              std::accumulate(crls.sources.begin(), crls.sources.end(), std::uint64_t{0},
                              [](std::uint64_t sum, const auto &source) {
                                  return sum + source.problems.size();
                              }));
    lines.add("CRLGeneration", crls.generation);
    lines.add("CRLWatcher", crls.watcher);
    lines.add("CRLWatcherSeen", seconds_of(crls.watcher_seen));
    lines.add("ConnectionsClosed", crls.connections_closed);
}

}  // namespace

std::string status_lines(const Status &status)
{
    Lines lines;
    lines.add("HandshakesFull", status.handshakes.full);
    lines.add("HandshakesResumed", status.handshakes.resumed);
    lines.add("HandshakesFailed", status.handshakes.failed);
    lines.add("HandshakesRefused", status.handshakes.refused);
    lines.add("Denied", status.denied);
    lines.add("Undecided", status.undecided);
    lines.add("VerdictsJudged", status.verdicts.judged());
    lines.add("VerdictsCached", status.verdicts.kept);
    lines.add("MapErrors", errors_of(status.maps));
    lines.add("LookupErrors", errors_of(status.lookups));
    lines.add("LookupProblems",
              static_cast<std::uint64_t>(std::ranges::count_if(
                  status.lookups, [](const auto &lookup) { return !lookup.problem.empty(); })));
    if (status.crls)
        add_crls(lines, *status.crls, status.now);
    lines.add("NeedsAttention", attention_for(status).size());
    return lines.text();
}

}  // namespace clientcert

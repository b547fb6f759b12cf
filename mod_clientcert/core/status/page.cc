// SPDX-License-Identifier: Apache-2.0
// The status for people: first what needs attention, then everything.
#include "core/status/attention.hh"
#include "core/status/words.hh"

#include <clientcert/status.hh>

#include <algorithm>
#include <numeric>

namespace clientcert {
namespace {

/// A page of thousands helps nobody; those that are overdue first come first.
constexpr std::size_t most_crls = 200;

Html summary(const Status &status)
{
    const auto attention = attention_for(status);
    Html items;
    for (const auto &item : attention)
        items += element("li", badge(item.mood, item.what) + Html{": " + item.text});
    const Html verdict = attention.empty() ? paragraph(badge(Mood::good, "Nothing needs attention"))
                                           : element("ul", {{"class", "attention"}}, items);
    const auto &server = status.server;
    return verdict + fact_list({
                         {"Now", moment(status.now)},
                         {"Started, and counting since", moment(server.started, status.now)},
                         {"Configuration read", moment(server.configured, status.now)},
                         {"Restarts since", grouped(server.restarts)},
                     });
}

/// How much of a CRL's life is over, as a bar.
Html life_bar(double life)
{
    const char *colour = life >= 1 ? "bad" : life >= 0.9 ? "warning" : "good";
    const char *fill = life >= 1 ? "#b00020" : life >= 0.9 ? "#b07000" : "#2a7d3f";
    const auto percent = std::to_string(static_cast<int>(100 * std::min(life, 1.0)));
    const Html label = percent + " % of its life is over";
    const auto bar = [](const char *name, const char *paint, const std::string &width) {
        return element("rect",
                       {{"class", name}, {"fill", paint}, {"width", width}, {"height", "10"}}, {});
    };
    return element("svg",
                   {{"class", "life"},
                    {"role", "img"},
                    {"aria-label", label},
                    {"viewBox", "0 0 100 10"},
                    {"preserveAspectRatio", "none"},
                    {"width", "120"},
                    {"height", "10"}},
                   bar("whole", "#cccccc", "100") + bar(colour, fill, percent));
}

Html life_of(const Status::Crl &crl, Time now)
{
    if (!crl.next_update)
        return "has no end";
    const Html bar = life_bar(crl.life(now));
    const auto end = duration_in_words(*crl.next_update - now);
    return bar + element("div", now >= *crl.next_update ? badge(Mood::bad, "overdue for " + end)
                                                        : Html{end + " left"});
}

/// A line of its own, in mod_status's page as well, which has no style sheet.
Html small(const Html &content)
{
    return element("div", element("small", content));
}

Row row_of(const Status::Crl &crl, Time now)
{
    Html issuer = Html{crl.issuer} + small("from " + crl.file);
    if (crl.read != Time{})
        issuer += small("read " + duration_in_words(now - crl.read) + " ago");
    if (!crl.problem.empty())
        issuer += small(badge(Mood::bad, "What came after it") + Html{": " + crl.problem});
    const Html span = crl.next_update
                          ? moment(crl.this_update) + Html{" to "} + moment(*crl.next_update)
                          : Html{"since "} + moment(crl.this_update);
    Html number = crl.number.value_or("none");
    if (crl.base_number)
        number += small("delta to " + *crl.base_number);
    return {issuer, life_of(crl, now) + small(span), number, grouped(crl.entries),
            size_in_words(crl.octets)};
}

Html crl_table(const std::vector<Status::Crl> &crls, Time now)
{
    if (crls.empty())
        return paragraph("No CRL is in force.");
    std::vector<Row> rows;
    for (std::size_t i = 0; i < std::min(crls.size(), most_crls); ++i)
        rows.push_back(row_of(crls[i], now));
    const Html all =
        table(grouped(crls.size()) + " in force, the next to be overdue first",
              {{"Issuer"}, {"Life"}, {"Number"}, {"Entries", true}, {"Size", true}}, rows);
    if (crls.size() <= most_crls)
        return all;
    return all + paragraph("And " + grouped(crls.size() - most_crls) +
                           " others, which ?format=json has too.");
}

Html state_of(const Status::Source &source, Time now)
{
    Html state;
    for (const auto &problem : source.problems)
        state += paragraph(badge(Mood::bad, "Problem") + Html{": " + problem});
    if (source.problems.empty())
        state = source.looked_at != Time{} ? badge(Mood::good, "good")
                : source.kind == "cdp"     ? Html{"no certificate has named one yet"}
                                           : badge(Mood::warning, "not looked at yet");
    if (source.last_error && source.problems.empty())
        state += paragraph("Last error: " + source.last_error->text + ", " +
                           duration_in_words(now - source.last_error->time) + " ago");
    return state;
}

Html source_table(const std::vector<Status::Source> &sources, Time now)
{
    std::vector<Row> rows;
    for (const auto &source : sources)
        rows.push_back({source.where, state_of(source, now), grouped(source.crls),
                        grouped(source.taken), grouped(source.failures),
                        moment(source.looked_at, now)});
    return table("Where CRLs come from",
                 {{"Source"},
                  {"State"},
                  {"CRLs in force", true},
                  {"Times read", true},
                  {"Failures", true},
                  {"Looked at"}},
                 rows);
}

Html watcher(const Status::Crls &crls, Time now)
{
    if (crls.watcher == 0)
        return badge(Mood::warning, "none yet");
    return Html{"process " + std::to_string(crls.watcher) + ", since "} +
           moment(crls.watcher_since, now) + ", last at work " + moment(crls.watcher_seen, now);
}

Html revocation(const Status::Crls &crls, Time now)
{
    using Progress = Status::Crls::Progress;
    const char *progress =
        crls.progress == Progress::read ? "all have been looked at"
        : crls.progress == Progress::earlier
            ? "those of an earlier configuration have been looked at, not yet all of this one"
            : "not all have been looked at since the start";
    return crl_table(crls.crls, now) + source_table(crls.sources, now) +
           fact_list({
               {"Sources", progress},
               {"Watched by", watcher(crls, now)},
               {"Generation", grouped(crls.generation)},
               {"Changes of the CRLs in force", grouped(crls.published)},
               {"Connections closed for revocation", grouped(crls.connections_closed)},
           });
}

std::uint64_t sum(const Status::Reasons &numbers)
{
    return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

Html reasons(const Status &status)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < reason_count; ++i)
        if (status.denied[i] > 0 || status.handshakes.refused[i] > 0)
            rows.push_back({std::string{word(static_cast<Reason>(i))}, grouped(status.denied[i]),
                            grouped(status.handshakes.refused[i])});
    if (rows.empty())
        return paragraph("Nobody has been denied so far.");
    rows.push_back({"all", grouped(sum(status.denied)), grouped(sum(status.handshakes.refused))});
    return table("By reason; none: a certificate was missing",
                 {{"Reason"}, {"Requests denied", true}, {"Handshakes refused", true}}, rows);
}

Html numbers(const Status &status)
{
    const auto &handshakes = status.handshakes;
    const auto &verdicts = status.verdicts;
    const auto done = handshakes.full + handshakes.resumed;
    return fact_list({
        {"Handshakes", grouped(done) + ", of which " + grouped(handshakes.resumed) +
                           " resumed a session (" + share(handshakes.resumed, done) + ')'},
        {"Handshakes refused", grouped(sum(handshakes.refused))},
        {"Handshakes that failed otherwise", grouped(handshakes.failed)},
        {"Verdicts worked out", grouped(verdicts.judged()) + ": " + grouped(verdicts.success) +
                                    " good, " + grouped(sum(verdicts.failed)) + " bad, " +
                                    grouped(verdicts.none) + " without a certificate"},
        {"Requests with a known verdict",
         grouped(verdicts.kept) + " (" + share(verdicts.kept, verdicts.kept + verdicts.judged()) +
             " of those with any)"},
        {"Requests put off, CRLs not read yet", grouped(status.undecided)},
    });
}

Html last_error(const Status::Asked &asked, Time now)
{
    if (!asked.problem.empty())
        return badge(Mood::bad, "Problem") + Html{": " + asked.problem};
    if (!asked.last_error)
        return "none";
    return asked.last_error->text + ", " + duration_in_words(now - asked.last_error->time) + " ago";
}

Html map_table(const std::vector<Status::Asked> &maps, Time now)
{
    std::vector<Row> rows;
    for (const auto &map : maps)
        rows.push_back({map.name, map.host, grouped(map.hits), grouped(map.misses),
                        grouped(map.errors), grouped(map.cached), last_error(map, now)});
    return table("Maps",
                 {{"Map"},
                  {"Virtual host"},
                  {"User found", true},
                  {"Nobody", true},
                  {"Errors", true},
                  {"Cached", true},
                  {"Last error"}},
                 rows);
}

Html lookup_table(const std::vector<Status::Asked> &lookups, Time now)
{
    std::vector<Row> rows;
    for (const auto &lookup : lookups)
        rows.push_back({lookup.name, grouped(lookup.hits), grouped(lookup.misses),
                        grouped(lookup.errors), last_error(lookup, now)});
    return table("Lookups",
                 {{"Lookup"}, {"Found", true}, {"Absent", true}, {"Errors", true}, {"Last error"}},
                 rows);
}

}  // namespace

Html status_html(const Status &status)
{
    Html page = summary(status);
    if (status.crls)
        page += section("Revocation", revocation(*status.crls, status.now));
    page += section("Denials", reasons(status));
    page += section("Handshakes and verdicts", numbers(status));
    if (!status.maps.empty())
        page += section(
            "Users",
            map_table(status.maps, status.now) +
                (status.lookups.empty() ? Html{} : lookup_table(status.lookups, status.now)));
    return page;
}

}  // namespace clientcert

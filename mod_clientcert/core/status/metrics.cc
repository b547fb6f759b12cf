// SPDX-License-Identifier: Apache-2.0
// The status for Prometheus and its kind. What labels may say depends on the configuration alone:
// neither clients nor the names of files in a directory can make more series.
#include "core/status/metrics_writer.hh"

#include <clientcert/clock.hh>
#include <clientcert/status.hh>

namespace clientcert {
namespace {

using Type = MetricsWriter::Type;

/// All of them: a series that comes into being with its first event has no rate then.
void write_reasons(MetricsWriter &metrics, const Status::Reasons &numbers)
{
    for (std::size_t i = 0; i < numbers.size(); ++i)
        metrics.sample({{"reason", word(static_cast<Reason>(i))}}, numbers[i]);
}

void write_server(MetricsWriter &metrics, const Status &status)
{
    metrics.family(Type::gauge, "counting_start_time_seconds",
                   "Since when counters count: the start of the server.", "seconds");
    metrics.sample({}, seconds_of(status.server.started));
    metrics.family(Type::gauge, "configuration_time_seconds",
                   "When the server has read its configuration last.", "seconds");
    metrics.sample({}, seconds_of(status.server.configured));
}

void write_handshakes(MetricsWriter &metrics, const Status::Handshakes &handshakes)
{
    metrics.family(
        Type::counter, "handshakes",
        "TLS handshakes that were completed, in full or by resumption, or that failed for "
        "another reason than the client's certificate.");
    metrics.sample({{"result", "full"}}, handshakes.full);
    metrics.sample({{"result", "resumed"}}, handshakes.resumed);
    metrics.sample({{"result", "failed"}}, handshakes.failed);
    metrics.family(Type::counter, "handshakes_refused",
                   "TLS handshakes that ended because of the client's certificate; none: it was "
                   "missing.");
    write_reasons(metrics, handshakes.refused);
}

void write_requests(MetricsWriter &metrics, const Status &status)
{
    metrics.family(Type::counter, "denials", "Requests that were denied, by CLIENTCERT_REASON.");
    write_reasons(metrics, status.denied);
    metrics.family(Type::counter, "undecided",
                   "Requests that were answered with 503: the CRLs had not been read yet.");
    metrics.sample({}, status.undecided);
    metrics.family(Type::counter, "verdicts", "Verdicts on clients that were worked out.");
    metrics.sample({{"verdict", "NONE"}, {"reason", "none"}}, status.verdicts.none);
    metrics.sample({{"verdict", "SUCCESS"}, {"reason", "none"}}, status.verdicts.success);
    for (std::size_t i = 1; i < status.verdicts.failed.size(); ++i)
        metrics.sample({{"verdict", "FAILED"}, {"reason", word(static_cast<Reason>(i))}},
                       status.verdicts.failed[i]);
    metrics.family(Type::counter, "verdict_cache_hits",
                   "Requests whose verdict an earlier one had brought about.");
    metrics.sample({}, status.verdicts.kept);
}

void write_maps(MetricsWriter &metrics, const std::vector<Status::Asked> &maps)
{
    metrics.family(Type::counter, "map_answers",
                   "What maps said when they were asked for a user; cached: known from before.");
    for (const auto &map : maps) {
        const auto sample = [&](std::string_view answer, std::uint64_t number) {
            metrics.sample({{"host", map.host}, {"map", map.name}, {"answer", answer}}, number);
        };
        sample("user", map.hits);
        sample("none", map.misses);
        sample("error", map.errors);
        sample("cached", map.cached);
    }
}

void write_lookups(MetricsWriter &metrics, const std::vector<Status::Asked> &lookups)
{
    metrics.family(Type::counter, "lookup_answers",
                   "What the lookups of maps said when they were asked.");
    for (const auto &lookup : lookups) {
        const auto sample = [&](std::string_view answer, std::uint64_t number) {
            metrics.sample({{"lookup", lookup.name}, {"answer", answer}}, number);
        };
        sample("found", lookup.hits);
        sample("absent", lookup.misses);
        sample("error", lookup.errors);
    }
    metrics.family(Type::gauge, "lookup_problems",
                   "1 where the file of a lookup is broken or gone; what it had before counts.");
    for (const auto &lookup : lookups)
        metrics.sample({{"lookup", lookup.name}}, lookup.problem.empty() ? 0 : 1);
}

template <typename Of>
void write_gauge(MetricsWriter &metrics, std::string_view name, std::string_view help,
                 std::string_view unit, const std::vector<Status::Crl> &crls, Of of)
{
    metrics.family(Type::gauge, name, help, unit);
    for (const auto &crl : crls)
        if (const std::optional<std::uint64_t> value = of(crl))
            metrics.sample({{"crl", crl.id},
                            {"issuer", crl.issuer},
                            {"source", crl.source},
                            {"kind", crl.is_delta() ? "delta" : "base"}},
                           *value);
}

using Number = std::optional<std::uint64_t>;

void write_crls(MetricsWriter &metrics, const std::vector<Status::Crl> &crls)
{
    const auto write = [&](std::string_view name, std::string_view help, std::string_view unit,
                           auto of) { write_gauge(metrics, name, help, unit, crls, of); };
    write("crl_this_update_timestamp_seconds", "The thisUpdate of each CRL in force.", "seconds",
          [](const auto &crl) -> Number { return seconds_of(crl.this_update); });
    write("crl_next_update_timestamp_seconds",
          "The nextUpdate of each CRL in force that has one; it is overdue from then on.",
          "seconds", [](const auto &crl) -> Number {
              return crl.next_update ? Number{seconds_of(*crl.next_update)} : Number{};
          });
    write("crl_entries", "How many certificates each CRL in force revokes.", {},
          [](const auto &crl) -> Number { return crl.entries; });
    write("crl_size_bytes", "The size of each CRL in force.", "bytes",
          [](const auto &crl) -> Number { return crl.octets; });
}

void write_sources(MetricsWriter &metrics, const std::vector<Status::Source> &sources)
{
    const auto write = [&](Type type, std::string_view name, std::string_view help,
                           std::string_view unit, auto of) {
        metrics.family(type, name, help, unit);
        for (const auto &source : sources)
            metrics.sample({{"source", source.where}}, of(source));
    };
    write(Type::gauge, "crl_source_last_look_timestamp_seconds",
          "When each source of CRLs was looked at last.", "seconds",
          [](const auto &source) { return seconds_of(source.looked_at); });
    write(Type::gauge, "crl_source_crls", "How many CRLs of each source are in force.", {},
          [](const auto &source) { return source.crls; });
    write(Type::gauge, "crl_source_problems",
          "How many things are wrong with each source of CRLs now.", {},
          [](const auto &source) { return source.problems.size(); });
    write(Type::counter, "crl_source_taken", "How often something of each source was read.", {},
          [](const auto &source) { return source.taken; });
    write(Type::counter, "crl_source_failures",
          "How often something of each source could not be read or was refused.", {},
          [](const auto &source) { return source.failures; });
}

void write_revocation(MetricsWriter &metrics, const Status::Crls &crls)
{
    metrics.family(Type::gauge, "crl_sources_read",
                   "1 as soon as all sources of CRLs have been looked at.");
    metrics.sample({}, crls.progress == Status::Crls::Progress::read ? 1 : 0);
    metrics.family(Type::gauge, "crl_watcher_start_time_seconds",
                   "Since when the process that watches the sources has done so.", "seconds");
    metrics.sample({}, seconds_of(crls.watcher_since));
    metrics.family(Type::gauge, "crl_watcher_last_step_timestamp_seconds",
                   "When the process that watches the sources was at work last.", "seconds");
    metrics.sample({}, seconds_of(crls.watcher_seen));
    metrics.family(Type::gauge, "crl_generation", "Changes whenever other CRLs come into force.");
    metrics.sample({}, crls.generation);
    metrics.family(Type::counter, "crl_indexes_published", "How often other CRLs came into force.");
    metrics.sample({}, crls.published);
    metrics.family(Type::counter, "connections_closed",
                   "Connections that were closed because their certificate was revoked.");
    metrics.sample({}, crls.connections_closed);
    write_sources(metrics, crls.sources);
    write_crls(metrics, crls.crls);
}

}  // namespace

std::string status_metrics(const Status &status)
{
    MetricsWriter metrics;
    write_server(metrics, status);
    write_handshakes(metrics, status.handshakes);
    write_requests(metrics, status);
    if (!status.maps.empty())
        write_maps(metrics, status.maps);
    if (!status.lookups.empty())
        write_lookups(metrics, status.lookups);
    if (status.crls)
        write_revocation(metrics, *status.crls);
    return std::move(metrics).finished();
}

}  // namespace clientcert

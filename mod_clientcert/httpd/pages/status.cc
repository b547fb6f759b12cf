// SPDX-License-Identifier: Apache-2.0
#include "httpd/pages/status.hh"

#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/pages/page.hh"

#include <clientcert/clock.hh>
#include <clientcert/status.hh>

namespace clientcert::httpd {
namespace {

constexpr Format metrics_format{"openmetrics",
                                "application/openmetrics-text; version=1.0.0; charset=utf-8"};

std::optional<Status::Problem> problem_in(const SharedText &shared)
{
    auto content = shared.read();
    if (content.text.empty())
        return std::nullopt;
    return Status::Problem{std::move(content.text), content.time};
}

Status::Reasons numbers_of(const ReasonCounters &counters)
{
    Status::Reasons numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = counters[i].value();
    return numbers;
}

Status::Server server_of(const request_rec &r, const ServerCounters &counters)
{
    int generation = 0;
    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    Status::Server server;
    server.name = ap_get_server_name(const_cast<request_rec *>(&r));
    server.started = time_of(counters.all().since.value());
    server.configured = counters.configured();
    server.restarts = static_cast<std::uint64_t>(generation);
    return server;
}

Status::Verdicts verdicts_of(const Counters &counters)
{
    Status::Verdicts verdicts;
    verdicts.failed = numbers_of(counters.verdicts.judged);
    auto &without_reason = verdicts.failed[static_cast<std::size_t>(Reason::none)];
    verdicts.none = counters.verdicts.none.value();
    // The two are not counted at one moment.
    verdicts.success = std::max(without_reason, verdicts.none) - verdicts.none;
    without_reason = 0;
    verdicts.kept = counters.verdicts_kept.value();
    return verdicts;
}

Status::Asked asked(const std::string &host, const std::string &name, const Counted &counted)
{
    const auto &counters = *counted.counters;
    return {host,
            name,
            counters.hits.value(),
            counters.misses.value(),
            counters.errors.value(),
            counters.cached.value(),
            problem_in(counters.last_error)};
}

std::string_view word_of(CrlSource::Kind kind)
{
    switch (kind) {
    case CrlSource::Kind::path:
        return "path";
    case CrlSource::Kind::url:
        return "url";
    case CrlSource::Kind::cdp:
        break;
    }
    return "cdp";
}

Status::Source source_of(const std::string &where, const Counted &counted)
{
    const auto kind = CrlSource{where}.kind();
    const auto &counters = *counted.counters;
    Status::Source source;
    source.where = printable_source(where);
    source.kind = word_of(kind);
    source.looked_at = time_of(counters.last_look.value());
    source.taken = counters.hits.value();
    source.failures = counters.errors.value();
    source.last_error = problem_in(counters.last_error);
    return source;
}

Status::Crls::Progress progress_of(CrlsInForce::Sources sources)
{
    using Progress = Status::Crls::Progress;
    switch (sources) {
    case CrlsInForce::Sources::unread:
        return Progress::unread;
    case CrlsInForce::Sources::earlier:
        return Progress::earlier;
    case CrlsInForce::Sources::read:
        break;
    }
    return Progress::read;
}

Status::Crls crls_of(const Registry &registry)
{
    const auto view = registry.crl_view();
    const auto &counters = registry.counters.all().crls;
    Status::Crls crls;
    crls.progress = progress_of(view.sources);
    crls.generation = view.generation;
    crls.published = counters.published.value();
    crls.connections_closed = counters.connections_closed.value();
    crls.watcher = counters.watcher.value();
    crls.watcher_since = time_of(counters.watcher_since.value());
    crls.watcher_seen = time_of(counters.watcher_seen.value());
    crls.watcher_error = problem_in(counters.watcher_error);
    for (const auto &[where, counted] : registry.counters.sources())
        crls.sources.push_back(source_of(where, counted));
    if (view.index)
        add_crls(crls, *view.index, report_of_sources(registry.crls->directory_fd()));
    return crls;
}

Status status_of(const request_rec &r)
{
    const auto &registry = *server_config(*r.server).registry;
    const auto &counters = registry.counters.all();
    Status status;
    status.now = current_time();
    status.server = server_of(r, registry.counters);
    status.handshakes = {counters.handshakes.full.value(), counters.handshakes.resumed.value(),
                         counters.handshakes.failed.value(),
                         numbers_of(counters.handshakes.refused)};
    status.denied = numbers_of(counters.requests.denied);
    status.undecided = counters.requests.undecided.value();
    status.verdicts = verdicts_of(counters);
    for (const auto &[name, counted] : registry.counters.maps())
        status.maps.push_back(asked(name.first, name.second, counted));
    for (const auto &[name, counted] : registry.counters.lookups()) {
        status.lookups.push_back(asked({}, name, counted));
        status.lookups.back().problem = registry.lookups.at(name)->problem();
    }
    if (registry.crls != nullptr)
        status.crls = crls_of(registry);
    return status;
}

std::string page_of(const Status &status)
{
    const auto link = [](const Format &format, const char *words) {
        return element("a", {{"href", "?format=" + std::string{format.name}}}, words);
    };
    const Html others = element("p", Html{"The same for programs: "} + link(json_format, "JSON") +
                                         ", " + link(metrics_format, "OpenMetrics"));
    return html_document("Client certificates on " + status.server.name,
                         status_html(status) + element("footer", others));
}

// Cold: nearly all requests are for other handlers, and get by without its stack frame.
[[gnu::cold]] int show(request_rec &r)
{
    static constexpr auto formats = std::to_array({html_format, json_format, metrics_format});
    if (const int refused = allow_methods(r, {M_GET}); refused != OK)
        return refused;
    const auto format = requested_format(r, formats);
    if (!format)
        return send_problem(r, HTTP_BAD_REQUEST, format.error());
    const Status status = status_of(r);
    if (format->name == json_format.name)
        return send(r, format->content_type, status_json(status));
    if (format->name == metrics_format.name)
        return send(r, format->content_type, status_metrics(status));
    return send(r, format->content_type, page_of(status));
}

}  // namespace

int show_status(request_rec *r)
{
    return is_for(*r, "clientcert-status") ? show(*r) : DECLINED;
}

int add_to_server_status(request_rec *r, int flags)
{
    const Status status = status_of(*r);
    const std::string part =
        (flags & AP_STATUS_SHORT) != 0
            ? status_lines(status)
            : (Html::markup("<hr>\n") + element("h1", "Client certificates") + status_html(status))
                  .octets();
    ap_rwrite(part.data(), static_cast<int>(part.size()), r);
    return OK;
}

}  // namespace clientcert::httpd

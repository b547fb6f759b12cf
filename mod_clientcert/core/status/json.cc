// SPDX-License-Identifier: Apache-2.0
// The status for programs. docs/status.md and docs/status.schema.json say what stands where.
#include <clientcert/json.hh>
#include <clientcert/octets.hh>
#include <clientcert/status.hh>

namespace clientcert {
namespace {

using namespace json;

JsonPtr time(Time value)
{
    return value == Time{} ? null() : text(rfc3339(value));
}

JsonPtr optional_text(const std::optional<std::string> &value)
{
    return value ? text(*value) : null();
}

JsonPtr text_or_null(const std::string &value)
{
    return value.empty() ? null() : text(value);
}

JsonPtr problem(const std::optional<Status::Problem> &value)
{
    if (!value)
        return null();
    return object({
        {"text", text(value->text)},
        {"time", time(value->time)},
    });
}

JsonPtr reasons(const Status::Reasons &numbers)
{
    auto result = object();
    for (std::size_t i = 0; i < numbers.size(); ++i)
        put(result, std::string{word(static_cast<Reason>(i))}.c_str(), number(numbers[i]));
    return result;
}

template <typename T>
JsonPtr list(const std::vector<T> &values, JsonPtr (*written)(const T &))
{
    auto result = array();
    for (const auto &value : values)
        append(result, written(value));
    return result;
}

JsonPtr server(const Status::Server &server)
{
    return object({
        {"name", text(server.name)},
        {"started", time(server.started)},
        {"configured", time(server.configured)},
        {"restarts", number(server.restarts)},
    });
}

JsonPtr handshakes(const Status::Handshakes &handshakes)
{
    return object({
        {"full", number(handshakes.full)},
        {"resumed", number(handshakes.resumed)},
        {"failed", number(handshakes.failed)},
        {"refused", reasons(handshakes.refused)},
    });
}

JsonPtr verdicts(const Status::Verdicts &verdicts)
{
    return object({
        {"judged", number(verdicts.judged())},
        {"cached", number(verdicts.kept)},
        {"none", number(verdicts.none)},
        {"success", number(verdicts.success)},
        {"failed", reasons(verdicts.failed)},
    });
}

JsonPtr asked(const Status::Asked &asked)
{
    return object({
        {"name", text(asked.name)},
        {"hits", number(asked.hits)},
        {"misses", number(asked.misses)},
        {"errors", number(asked.errors)},
        {"last_error", problem(asked.last_error)},
    });
}

JsonPtr lookup(const Status::Asked &lookup)
{
    auto result = asked(lookup);
    put(result, "problem", text_or_null(lookup.problem));
    return result;
}

JsonPtr map(const Status::Asked &map)
{
    auto result = asked(map);
    put(result, "host", text(map.host));
    put(result, "cached", number(map.cached));
    return result;
}

JsonPtr source(const Status::Source &source)
{
    return object({
        {"source", text(source.where)},
        {"kind", text(source.kind)},
        {"looked_at", time(source.looked_at)},
        {"taken", number(source.taken)},
        {"failures", number(source.failures)},
        {"crls", number(source.crls)},
        {"problems", texts(source.problems)},
        {"last_error", problem(source.last_error)},
    });
}

JsonPtr crl(const Status::Crl &crl)
{
    return object({
        {"id", text(crl.id)},
        {"issuer", text(crl.issuer)},
        {"source", text(crl.source)},
        {"file", text(crl.file)},
        {"kind", text(crl.is_delta() ? "delta" : "base")},
        {"number", optional_text(crl.number)},
        {"base_number", optional_text(crl.base_number)},
        {"entries", number(crl.entries)},
        {"bytes", number(crl.octets)},
        {"this_update", text(rfc3339(crl.this_update))},
        {"next_update", crl.next_update ? text(rfc3339(*crl.next_update)) : null()},
        {"read", time(crl.read)},
        {"problem", text_or_null(crl.problem)},
    });
}

const char *word_of(Status::Crls::Progress progress)
{
    using Progress = Status::Crls::Progress;
    switch (progress) {
    case Progress::unread:
        return "unread";
    case Progress::earlier:
        return "earlier";
    case Progress::read:
        break;
    }
    return "read";
}

JsonPtr watcher(const Status::Crls &crls)
{
    return object({
        {"process", crls.watcher != 0 ? number(crls.watcher) : null()},
        {"since", time(crls.watcher_since)},
        {"seen", time(crls.watcher_seen)},
        {"last_error", problem(crls.watcher_error)},
    });
}

JsonPtr revocation(const Status::Crls &crls)
{
    return object({
        {"sources_are", text(word_of(crls.progress))},
        {"generation", number(crls.generation)},
        {"published", number(crls.published)},
        {"connections_closed", number(crls.connections_closed)},
        {"watcher", watcher(crls)},
        {"sources", list(crls.sources, source)},
        {"crls", list(crls.crls, crl)},
    });
}

}  // namespace

std::string status_json(const Status &status)
{
    return printed(object({
        {"version", number(1)},
        {"time", time(status.now)},
        {"server", server(status.server)},
        {"handshakes", handshakes(status.handshakes)},
        {"denials", reasons(status.denied)},
        {"undecided", number(status.undecided)},
        {"verdicts", verdicts(status.verdicts)},
        {"maps", list(status.maps, map)},
        {"lookups", list(status.lookups, lookup)},
        {"revocation", status.crls ? revocation(*status.crls) : null()},
    }));
}

}  // namespace clientcert

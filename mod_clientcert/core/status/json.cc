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
    auto result = object();
    put(result, "text", text(value->text));
    put(result, "time", time(value->time));
    return result;
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
    auto result = object();
    put(result, "name", text(server.name));
    put(result, "started", time(server.started));
    put(result, "configured", time(server.configured));
    put(result, "restarts", number(server.restarts));
    return result;
}

JsonPtr handshakes(const Status::Handshakes &handshakes)
{
    auto result = object();
    put(result, "full", number(handshakes.full));
    put(result, "resumed", number(handshakes.resumed));
    put(result, "failed", number(handshakes.failed));
    put(result, "refused", reasons(handshakes.refused));
    return result;
}

JsonPtr verdicts(const Status::Verdicts &verdicts)
{
    auto result = object();
    put(result, "judged", number(verdicts.judged()));
    put(result, "cached", number(verdicts.kept));
    put(result, "none", number(verdicts.none));
    put(result, "success", number(verdicts.success));
    put(result, "failed", reasons(verdicts.failed));
    return result;
}

JsonPtr asked(const Status::Asked &asked)
{
    auto result = object();
    put(result, "name", text(asked.name));
    put(result, "hits", number(asked.hits));
    put(result, "misses", number(asked.misses));
    put(result, "errors", number(asked.errors));
    put(result, "last_error", problem(asked.last_error));
    return result;
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
    auto result = object();
    put(result, "source", text(source.where));
    put(result, "kind", text(source.kind));
    put(result, "looked_at", time(source.looked_at));
    put(result, "taken", number(source.taken));
    put(result, "failures", number(source.failures));
    put(result, "crls", number(source.crls));
    put(result, "problems", texts(source.problems));
    put(result, "last_error", problem(source.last_error));
    return result;
}

JsonPtr crl(const Status::Crl &crl)
{
    auto result = object();
    put(result, "id", text(crl.id));
    put(result, "issuer", text(crl.issuer));
    put(result, "source", text(crl.source));
    put(result, "file", text(crl.file));
    put(result, "kind", text(crl.is_delta() ? "delta" : "base"));
    put(result, "number", optional_text(crl.number));
    put(result, "base_number", optional_text(crl.base_number));
    put(result, "entries", number(crl.entries));
    put(result, "bytes", number(crl.octets));
    put(result, "this_update", text(rfc3339(crl.this_update)));
    put(result, "next_update", crl.next_update ? text(rfc3339(*crl.next_update)) : null());
    put(result, "read", time(crl.read));
    put(result, "problem", text_or_null(crl.problem));
    return result;
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

JsonPtr revocation(const Status::Crls &crls)
{
    auto watcher = object();
    put(watcher, "process", crls.watcher != 0 ? number(crls.watcher) : null());
    put(watcher, "since", time(crls.watcher_since));
    put(watcher, "seen", time(crls.watcher_seen));
    put(watcher, "last_error", problem(crls.watcher_error));
    auto result = object();
    put(result, "sources_are", text(word_of(crls.progress)));
    put(result, "generation", number(crls.generation));
    put(result, "published", number(crls.published));
    put(result, "connections_closed", number(crls.connections_closed));
    put(result, "watcher", std::move(watcher));
    put(result, "sources", list(crls.sources, source));
    put(result, "crls", list(crls.crls, crl));
    return result;
}

}  // namespace

std::string status_json(const Status &status)
{
    auto result = object();
    put(result, "version", number(1));
    put(result, "time", time(status.now));
    put(result, "server", server(status.server));
    put(result, "handshakes", handshakes(status.handshakes));
    put(result, "denials", reasons(status.denied));
    put(result, "undecided", number(status.undecided));
    put(result, "verdicts", verdicts(status.verdicts));
    put(result, "maps", list(status.maps, map));
    put(result, "lookups", list(status.lookups, lookup));
    put(result, "revocation", status.crls ? revocation(*status.crls) : null());
    return printed(result);
}

}  // namespace clientcert

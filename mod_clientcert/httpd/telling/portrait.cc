// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/portrait.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/decision/expression_lookup.hh"
#include "httpd/request.hh"
#include "httpd/users/users.hh"

#include <clientcert/certificate_facts.hh>
#include <clientcert/clock.hh>
#include <clientcert/octets.hh>

namespace clientcert::httpd {
namespace {

using json::JsonPtr;
using json::put;

constexpr auto selectors =
    std::to_array<std::string_view>({"san:email", "san:dns", "san:uri", "san:ip", "san:upn",
                                     "san:dirname", "eku", "policy", "ski"});

std::string_view level_word(const request_rec &r)
{
    return server_config(*r.server).settings.get<Verify>().value.word;
}

std::string_view word_of(MapOutcome::State state)
{
    switch (state) {
    case MapOutcome::State::user:
        return "user";
    case MapOutcome::State::no_match:
        return "no-match";
    case MapOutcome::State::denied:
        return "denied";
    case MapOutcome::State::failed:
        break;
    }
    return "failed";
}

JsonPtr step_of(const request_rec &r, const UserMap &map, const MapStep &step,
                const std::vector<const NamedRule *> &lines)
{
    auto object = json::object();
    put(object, "rule", json::text(map.rules()[step.rule].text()));
    const auto *line = step.rule < lines.size()
                           ? server_config(*r.server).registry->places.line_of(lines[step.rule])
                           : nullptr;
    if (line != nullptr) {
        put(object, "file", json::text(line->filename));
        put(object, "line", json::number(static_cast<std::uint64_t>(line->line_num)));
    }
    put(object, "matched", json::boolean(step.matched));
    std::vector<std::string> values;
    for (const auto &value : step.values)
        values.push_back(value.text);
    put(object, "selector", json::text(step.selector));
    put(object, "values", json::texts(values));
    put(object, "why", json::text(step.why));
    return object;
}

std::vector<const NamedRule *> lines_of(const request_rec &r, std::string_view map)
{
    std::vector<const NamedRule *> lines;
    for (const auto *rule : server_config(*r.server).settings.get<Map>())
        if (rule->map == map)
            lines.push_back(rule);
    return lines;
}

JsonPtr user_of(request_rec &r, const std::string &name, const UserMap &map, bool with_rules)
{
    MapTrace trace;
    const auto outcome = map.evaluate(client_of(r), user_pattern_of(r), current_time(),
                                      with_rules ? &trace : nullptr, &r);
    auto object = json::object();
    put(object, "map", json::text(name));
    put(object, "used_here", json::boolean(user_map_of(r) == &map));
    put(object, "outcome", json::text(word_of(outcome.state)));
    put(object, "user", json::text(outcome.user));
    if (!with_rules)
        return object;
    put(object, "why", json::text(outcome.reason));
    auto steps = json::array();
    const auto lines = lines_of(r, name);
    for (const auto &step : trace)
        json::append(steps, step_of(r, map, step, lines));
    put(object, "rules", std::move(steps));
    return object;
}

}  // namespace

JsonPtr described(const Certificate &certificate)
{
    auto object = json::object();
    put(object, "subject", json::text(rfc4514(certificate.subject())));
    put(object, "issuer", json::text(rfc4514(certificate.issuer())));
    put(object, "serial", json::text(upper_hex_serial(certificate)));
    put(object, "not_before", json::text(rfc3339(certificate.not_before())));
    put(object, "not_after", json::text(rfc3339(certificate.not_after())));
    put(object, "sha256", json::text(lower_hex(certificate.fingerprint())));
    put(object, "spki_sha256", json::text(lower_hex(certificate.spki_fingerprint())));
    return object;
}

JsonPtr with_all_fields(const Certificate &certificate)
{
    auto object = json::object();
    for (const auto &fact : facts_of(certificate))
        put(object, fact.name,
            fact.is_list          ? json::texts(fact.values)
            : fact.values.empty() ? json::null()
                                  : json::text(fact.values.front()));
    auto fields = json::object();
    const auto add = [&fields](const char *name, const std::vector<std::string> &texts) {
        if (!texts.empty())
            put(fields, name, json::texts(texts));
    };
    const auto add_selected = [&](const std::string &name) {
        std::vector<std::string> texts;
        if (const auto selector = Selector::parse(name))
            for (const auto &value : selector->unescaped_values(certificate))
                texts.push_back(value.text);
        add(name.c_str(), texts);
    };
    for (const auto &name : attribute_selectors(certificate))
        add_selected(name);
    for (const auto name : selectors)
        add_selected(std::string{name});
    add("eku", certificate.extended_key_usages());
    add("policy", certificate.policies());
    put(object, "fields", std::move(fields));
    return object;
}

JsonPtr described(std::span<const Certificate> certificates)
{
    auto array = json::array();
    for (const auto &certificate : certificates)
        json::append(array, described(certificate));
    return array;
}

JsonPtr verdict_of(request_rec &r)
{
    const Client &client = client_of(r);
    auto object = json::object();
    put(object, "verify", json::text(word(client.verdict().state)));
    put(object, "reason", json::text(word(client.verdict().reason)));
    put(object, "source", json::text(client.evidence().source));
    put(object, "level", json::text(level_word(r)));
    return object;
}

JsonPtr variables_of(request_rec &r)
{
    auto names = Variable::names_for(client_of(r));
    names.insert(names.end(), {"CLIENTCERT_USER", "CLIENTCERT_AUTH"});
    for (auto &name : Variable::ssl_names_for(client_of(r)))
        names.push_back(std::move(name));
    auto object = json::object();
    for (const auto &name : names) {
        const auto variable = Variable::named(name);
        const char *value = variable ? value_of(r, NumberedVariable{*variable, no_slot}) : "";
        if (*value != '\0')
            put(object, name.c_str(), json::text(value));
    }
    return object;
}

JsonPtr users_of(request_rec &r, bool with_rules)
{
    auto array = json::array();
    for (const auto &[name, map] : *server_config(*r.server).maps)
        json::append(array, user_of(r, name, map, with_rules));
    const auto *source = directory_config(r).get<User>().value;
    if (source != nullptr && source->map == nullptr)
        json::append(array, user_of(r, "", source->own, with_rules));
    return array;
}

JsonPtr headers_of(const request_rec &r)
{
    auto array = json::array();
    const auto &names = server_config(*r.server).registry->fields;
    const auto *headers = apr_table_elts(r.headers_in);
    const auto *entries = reinterpret_cast<const apr_table_entry_t *>(headers->elts);
    for (int i = 0; i < headers->nelts; ++i) {
        if (!names.contains(entries[i].key))
            continue;
        auto object = json::object();
        put(object, "name", json::text(entries[i].key));
        put(object, "value", json::text(is_secret(entries[i].key) ? "(not told)" : entries[i].val));
        json::append(array, std::move(object));
    }
    return array;
}

JsonPtr looks_of(const std::vector<Trace::Look> &looks)
{
    auto array = json::array();
    for (const auto &look : looks) {
        auto object = json::object();
        put(object, "name", json::text(look.name));
        put(object, "value", json::text(look.value));
        json::append(array, std::move(object));
    }
    return array;
}

}  // namespace clientcert::httpd

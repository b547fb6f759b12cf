// SPDX-License-Identifier: Apache-2.0
#include "httpd/users/users.hh"

#include "httpd/barrier.hh"
#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/other_modules.hh"
#include "httpd/request.hh"

#include <clientcert/clock.hh>
#include <clientcert/lookup_file.hh>
#include <clientcert/octets.hh>

namespace clientcert::httpd {
namespace {

/// Null where the virtual host has no map of that name.
const HostMap *host_map_of(const request_rec &r, const UserSource &source)
{
    const auto &maps = *server_config(*r.server).maps;
    const auto found = source.map != nullptr ? maps.find(std::string_view{source.map}) : maps.end();
    return found != maps.end() ? &found->second : nullptr;
}

const UserMap *map_of(const request_rec &r, const UserSource &source)
{
    return source.map == nullptr ? &source.own : host_map_of(r, source);
}

const Regex &pattern_of(const request_rec &r)
{
    const auto *pattern = directory_config(r).get<UserPattern>().value;
    return pattern != nullptr ? *pattern : *server_config(*r.server).registry->user_pattern;
}

void count(NamedCounters &counters, const MapOutcome &outcome)
{
    using State = MapOutcome::State;
    switch (outcome.state) {
    case State::user:
        return counters.hits.add();
    case State::no_match:
    case State::denied:
        return counters.misses.add();
    case State::failed:
        counters.errors.add();
        counters.last_error.write(outcome.reason, current_time());
    }
}

MapOutcome asked(request_rec &r, const Client &client, const UserSource &source,
                 const Regex &pattern)
{
    if (const auto *map = map_of(r, source))
        return map->evaluate(client, pattern, current_time(), nullptr, &r);
    return {.state = MapOutcome::State::failed,
            .reason = "the virtual host has no map of the name " + quoted(source.map)};
}

/// Whoever wants to know the user in one request gets one answer.
std::shared_ptr<const MapOutcome> told(request_rec &r, const Client &client,
                                       const UserSource &source, const Regex &pattern)
{
    const auto *found = map_of(r, source);
    const UserMap &map = found != nullptr ? *found : source.own;
    if (auto outcome = told_before(r, client, map, pattern))
        return outcome;
    const auto *host_map = hypothesis_of(r) == nullptr ? host_map_of(r, source) : nullptr;
    if (auto outcome = client.user(map, pattern, current_time())) {
        if (host_map != nullptr)
            host_map->counted->counters->cached.add();
        note_told(r, {&client, &map, &pattern, outcome});
        return outcome;
    }
    auto outcome = std::make_shared<const MapOutcome>(asked(r, client, source, pattern));
    if (host_map != nullptr)
        count(*host_map->counted->counters, *outcome);
    note_told(r, {&client, &map, &pattern, outcome});
    if (outcome->state != MapOutcome::State::failed)
        client.remember_user(map, pattern, outcome);
    else
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r,
                      CCLOGNO(0302) "cannot tell the user of the certificate: %s",
                      outcome->reason.c_str());
    return outcome;
}

Identity identity_by(const MapOutcome &outcome)
{
    using State = MapOutcome::State;
    switch (outcome.state) {
    case State::user:
        return {Identity::Kind::user, outcome.user};
    case State::failed:
        return {Identity::Kind::failed, {}, outcome.reason};
    case State::no_match:
    case State::denied:
        break;
    }
    return {Identity::Kind::unmapped, {}, outcome.reason};
}

void note_error(const Registry &registry, const LookupFile &file, const std::string &why)
{
    for (const auto &[name, lookup] : registry.lookups)
        if (lookup.get() == &file)
            registry.counters.lookups().at(name).counters->last_error.write(why, current_time());
}

/// Every second, in each child.
apr_status_t refresh(int state, void *data, apr_pool_t *)
{
    const auto &registry = *static_cast<const Registry *>(data);
    if (state != AP_WATCHDOG_STATE_RUNNING)
        return APR_SUCCESS;
    for (const auto &file : registry.lookup_files) {
        const auto read = file->refresh();
        const std::string path = file->status().path;
        if (!read) {
            note_error(registry, *file, read.error());
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                         CCLOGNO(0304) "%s; what was read of it before stays in force",
                         read.error().c_str());
        } else if (*read) {
            ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                         CCLOGNO(0305) "%s has been read again: %" APR_SIZE_T_FMT " keys",
                         path.c_str(), file->status().keys);
        }
    }
    return APR_SUCCESS;
}

}  // namespace

bool names_users(const request_rec &r)
{
    return directory_config(r).get<User>().value != nullptr;
}

const UserMap *user_map_of(const request_rec &r)
{
    const auto *source = directory_config(r).get<User>().value;
    return source != nullptr ? map_of(r, *source) : nullptr;
}

const Regex &user_pattern_of(const request_rec &r)
{
    return pattern_of(r);
}

Identity identity_of(request_rec &r)
{
    const Client &client = client_of(r);
    const auto *source = directory_config(r).get<User>().value;
    if (!client.verdict().valid() || source == nullptr)
        return {client.verdict().valid() ? Identity::Kind::unmapped : Identity::Kind::nobody};
    return identity_by(*told(r, client, *source, pattern_of(r)));
}

int refresh_lookups(apr_pool_t *pconf, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    auto *registry = server_config(*s).registry;
    if (registry->lookup_files.empty() ||
        ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    if (run_in_children(pconf, "_clientcert_lookups_", apr_time_from_sec(1), registry,
                        guarded<refresh, APR_SUCCESS>))
        return OK;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                 CCLOGNO(0306) "lookup=file: needs mod_watchdog, which is not loaded: LoadModule "
                               "watchdog_module modules/mod_watchdog.so");
    return HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace clientcert::httpd

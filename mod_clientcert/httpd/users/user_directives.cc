// SPDX-License-Identifier: Apache-2.0
#include "httpd/users/user_directives.hh"

#include "httpd/config/server_config.hh"
#include "httpd/lookups/kinds.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

bool has_map(const server_rec &s, const char *map)
{
    return server_config(s).maps->contains(map);
}

/// What stands outside of all virtual hosts is for any that has the map.
bool is_defined(const UsedMap &used, const server_rec &main)
{
    if (used.server->is_virtual)
        return has_map(*used.server, used.map);
    for (const auto *one = &main; one != nullptr; one = one->next)
        if (has_map(*one, used.map))
            return true;
    return false;
}

const UserMaps *maps_of(apr_pool_t *pool, const ServerConfig &config)
{
    auto *maps = pool_new<UserMaps>(pool);
    for (const NamedRule *rule : config.settings.get<Map>()) {
        auto &map = (*maps)[rule->map];
        map.add(rule->rule);
        map.counted = &config.registry->counters.map(name_of(*rule->server), rule->map);
    }
    return maps;
}

}  // namespace

void Map::read(cmd_parms &cmd, Value &value, RawArguments line)
{
    const char *rest = line.text;
    const char *map = ap_getword_conf(cmd.pool, &rest);
    if (*map == '\0' || *rest == '\0')
        throw std::invalid_argument{
            "takes the name of a map and a rule such as subject:CN \"(.*)\" \"$1\", not " +
            quoted(line.text)};
    auto rule = MapRule::parse(rest, lookup_kinds(cmd));
    if (!rule)
        throw std::invalid_argument{rule.error()};
    auto &registry = Registry::of_configuration(cmd.pool);
    registry.maps_look_at_chains = registry.maps_look_at_chains || rule->has_pins();
    value.add(cmd.pool, pool_new<NamedRule>(cmd.pool, map, *std::move(rule), cmd.server));
}

void User::read(cmd_parms &cmd, Value &value, const char *selector)
{
    auto rule = MapRule::of_value(selector);
    if (!rule)
        throw std::invalid_argument{rule.error()};
    auto *source = pool_new<UserSource>(cmd.pool, UserMap{}, nullptr);
    source->own.add(*std::move(rule));
    value.set(source);
}

void UseMap::read(cmd_parms &cmd, Value &value, const char *map)
{
    const char *copy = apr_pstrdup(cmd.pool, map);
    Registry::of_configuration(cmd.pool).used_maps.push_back(
        {cmd.server, copy, cmd.directive->filename,
         static_cast<unsigned>(cmd.directive->line_num)});
    value.set(pool_new<UserSource>(cmd.pool, UserMap{}, copy));
}

void UserPattern::read(cmd_parms &cmd, Value &value, const char *pattern)
{
    auto regex = Regex::compile(pattern);
    if (!regex)
        throw std::invalid_argument{"takes a regular expression, not " + quoted(pattern) + ": " +
                                    regex.error()};
    value.set(pool_new<Regex>(cmd.pool, *std::move(regex)));
}

int make_maps(apr_pool_t *pconf, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    for (auto *one = s; one != nullptr; one = one->next)
        server_config(*one).maps = maps_of(pconf, server_config(*one));
    bool refused = false;
    for (const auto &used : server_config(*s).registry->used_maps) {
        if (is_defined(used, *s))
            continue;
        refused = true;
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     CCLOGNO(0303) "ClientCertUseMap %s at %s:%u: no ClientCertMap line on that "
                                   "virtual host makes a map of that name",
                     used.map, used.file, used.line);
    }
    return refused ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

}  // namespace clientcert::httpd

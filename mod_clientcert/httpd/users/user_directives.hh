// SPDX-License-Identifier: Apache-2.0
// The directives that make a user of a certificate.
#pragma once

#include "httpd/config/config.hh"
#include "httpd/counters.hh"

#include <clientcert/user_map.hh>

#include <map>

namespace clientcert::httpd {

/// A rule of a map of the virtual host.
struct NamedRule {
    const char *map;
    MapRule rule;
    const server_rec *server;  ///< where it stands
};

struct Map {
    static constexpr const char *name = "ClientCertMap";
    static constexpr const char *usage = "a map's name and one of its rules";
    static constexpr int where = RSRC_CONF;
    using Value = List<NamedRule>;

    static void read(cmd_parms &cmd, Value &value, RawArguments line);
};

/// A map of a virtual host.
struct HostMap : UserMap {
    const Counted *counted = nullptr;
};

/// The maps of one virtual host, by name.
using UserMaps = std::map<std::string, HostMap, std::less<>>;

/// Where the user of a directory comes from.
struct UserSource {
    UserMap own;                ///< of ClientCertUser
    const char *map = nullptr;  ///< the name of one of the virtual host's
};

struct User {
    static constexpr const char *name = "ClientCertUser";
    static constexpr const char *usage = "a selector: the user is what it selects";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = Setting<const UserSource *>;

    static void read(cmd_parms &cmd, Value &value, const char *selector);
};

struct UseMap {
    static constexpr const char *name = "ClientCertUseMap";
    static constexpr const char *usage = "the name of a map";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = User::Value;
    using SharesWith = User;

    static void read(cmd_parms &cmd, Value &value, const char *map);
};

struct UserPattern {
    static constexpr const char *name = "ClientCertUserPattern";
    static constexpr const char *usage = "a regular expression that user names have to match";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = Setting<const Regex *>;

    static void read(cmd_parms &cmd, Value &value, const char *pattern);
};

/// A map that a directory uses, and where it says so.
struct UsedMap {
    const server_rec *server;
    const char *map;
    const char *file;
    unsigned line;
};

/// Puts the maps of each virtual host together, and tells which are used and not there; `httpd -t`
/// asks it.
int make_maps(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

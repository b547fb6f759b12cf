// SPDX-License-Identifier: Apache-2.0
// What is known of a virtual host.
#pragma once

#include "httpd/config/registry.hh"
#include "httpd/config/server_settings.hh"
#include "httpd/httpd.hh"

#include <array>

namespace clientcert::httpd {

/// Directives of mod_ssl on which verification depends and which an SSL_CTX does not tell. They are
/// declared here as well; httpd hands each line to both modules.
inline constexpr auto trust_directives = std::to_array<const char *>({
    "SSLCACertificatePath",
    "SSLCARevocationCheck",
    "SSLCARevocationFile",
    "SSLCARevocationPath",
    "SSLOCSPEnable",
    "SSLOpenSSLConfCmd",
    "SSLVerifyDepth",
});

struct ServerConfig {
    Registry *registry = nullptr;
    const Trust *trust = nullptr;         ///< null where the virtual host has no TLS
    const Trust *header_trust = nullptr;  ///< for what proxies send; null where nothing is taken in
    std::array<const char *, trust_directives.size()> trust_lines{};
    ServerSettings settings{};
    const UserMaps *maps = nullptr;  ///< by name; there when all of the configuration is read

    Level level() const { return settings.get<Verify>().value.level; }

    static void *create(apr_pool_t *pool, server_rec *s) noexcept;
    static void *merge(apr_pool_t *pool, void *base, void *add) noexcept;
};

inline ServerConfig &server_config(const server_rec &s)
{
    return *static_cast<ServerConfig *>(ap_get_module_config(s.module_config, &clientcert_module));
}

/// What stands behind that directive of mod_ssl on the virtual host, or null.
const char *trust_line(const ServerConfig &config, const char *directive);

/// Whether mod_ssl asks a certificate's OCSP responder during a handshake.
bool asks_ocsp(const ServerConfig &config);

/// The line of a module that is missing has to be the error that it is without us.
const char *nobody_else_listens(const cmd_parms *cmd, const char *module);

/// Directives of mod_log_config: the variables in their formats are set when a request is logged.
inline constexpr auto log_directives =
    std::to_array<const char *>({"CustomLog", "GlobalLog", "LogFormat", "TransferLog"});

/// Directives of mod_dbd: what a statement says that has to be prepared anew.
inline constexpr auto statement_directives = std::to_array<const char *>({"DBDPrepareSQL"});

/// Of mod_authz_core: which lines may do more than answer.
const char *overhear_require(cmd_parms *cmd, void *section, const char *line) noexcept;

const char *overhear_trust(cmd_parms *cmd, void *, const char *line) noexcept;
const char *overhear_log_format(cmd_parms *cmd, void *, const char *line) noexcept;
const char *overhear_statement(cmd_parms *cmd, void *, const char *line) noexcept;

/// Rows of the directive table for lines that are for other modules as well.
constexpr auto overheard_directives()
{
    std::array<command_rec, trust_directives.size() + level_directives.size() +
                                log_directives.size() + statement_directives.size() + 1>
        rows{};
    auto *row = rows.data();
    for (const auto *name : trust_directives)
        *row++ = AP_INIT_RAW_ARGS(name, overhear_trust, nullptr, RSRC_CONF | OR_AUTHCFG,
                                  "of mod_ssl; mod_clientcert reads it too");
    for (const auto *name : level_directives)
        *row++ =
            AP_INIT_RAW_ARGS(name, overhear_level, nullptr, RSRC_CONF | OR_AUTHCFG | OR_OPTIONS,
                             "of mod_ssl; mod_clientcert reads it too");
    for (const auto *name : log_directives)
        *row++ = AP_INIT_RAW_ARGS(name, overhear_log_format, nullptr, RSRC_CONF,
                                  "of mod_log_config; mod_clientcert reads it too");
    for (const auto *name : statement_directives)
        *row++ = AP_INIT_RAW_ARGS(name, overhear_statement, nullptr, RSRC_CONF,
                                  "of mod_dbd; mod_clientcert reads it too");
    *row++ = AP_INIT_RAW_ARGS("Require", overhear_require, nullptr, OR_AUTHCFG,
                              "of mod_authz_core; mod_clientcert reads it too");
    return rows;
}

/// All rows of the module, and the empty one that ends them.
template <typename... Configs>
constexpr auto directive_table()
{
    constexpr auto overheard = overheard_directives();
    std::array<command_rec, (Configs::rows.size() + ... + overheard.size()) + 1> table{};
    auto *row = table.data();
    const auto append = [&row](const auto &rows) {
        for (const auto &one : rows)
            *row++ = one;
    };
    (append(Configs::rows), ...);
    append(overheard);
    return table;
}

}  // namespace clientcert::httpd

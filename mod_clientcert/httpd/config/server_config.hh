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

const char *overhear_trust(cmd_parms *cmd, void *, const char *line) noexcept;

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/config/server_config.hh"

#include "httpd/barrier.hh"

#include <algorithm>

namespace clientcert::httpd {
namespace {

std::size_t row_of(const char *directive)
{
    const auto *found = std::ranges::find_if(
        trust_directives, [&](const char *name) { return ap_cstr_casecmp(name, directive) == 0; });
    return static_cast<std::size_t>(found - trust_directives.begin());
}

}  // namespace

void *OfServer::of(cmd_parms &cmd, void *)
{
    return &server_config(*cmd.server).settings;
}

void *ServerConfig::create(apr_pool_t *pool, server_rec *) noexcept
{
    auto *config = pool_new<ServerConfig>(pool);
    config->registry = &Registry::of_configuration(pool);
    return config;
}

void *ServerConfig::merge(apr_pool_t *pool, void *base, void *add) noexcept
{
    auto *config = pool_new<ServerConfig>(pool, *static_cast<const ServerConfig *>(add));
    config->settings = *static_cast<const ServerSettings *>(
        ServerSettings::merge(pool, &static_cast<ServerConfig *>(base)->settings,
                              &static_cast<ServerConfig *>(add)->settings));
    for (std::size_t i = 0; i < trust_directives.size(); ++i)
        if (config->trust_lines[i] == nullptr)
            config->trust_lines[i] = static_cast<const ServerConfig *>(base)->trust_lines[i];
    return config;
}

const char *trust_line(const ServerConfig &config, const char *directive)
{
    return config.trust_lines[row_of(directive)];
}

bool asks_ocsp(const ServerConfig &config)
{
    const char *line = trust_line(config, "SSLOCSPEnable");
    return line != nullptr && ap_cstr_casecmpn(line, "off", 3) != 0;
}

const char *nobody_else_listens(const cmd_parms *cmd, const char *module)
{
    if (ap_find_linked_module(module) != nullptr)
        return nullptr;
    return apr_pstrcat(cmd->pool, cmd->cmd->name, " is a directive of ", module,
                       ", which is not loaded", nullptr);
}

const char *overhear_trust(cmd_parms *cmd, void *, const char *line) noexcept
{
    if (const char *error = nobody_else_listens(cmd, "mod_ssl.c"))
        return error;
    // What stands in a directory concerns handshakes that mod_ssl makes for it, with the same CAs.
    if (cmd->path != nullptr)
        return nullptr;
    // Of SSLOpenSSLConfCmd each line counts, of the others the last one; more does no harm.
    const char *&lines = server_config(*cmd->server).trust_lines[row_of(cmd->cmd->name)];
    lines = apr_pstrcat(cmd->pool, line, lines != nullptr ? "\n" : nullptr, lines, nullptr);
    return nullptr;
}

}  // namespace clientcert::httpd

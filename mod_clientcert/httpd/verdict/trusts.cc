// SPDX-License-Identifier: Apache-2.0
#include "httpd/verdict/trusts.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/revocation/chain_notes.hh"

#include <cstdlib>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

/// The CA certificates of the virtual host with that context.
X509_STORE *store_of(const SSL_CTX *context)
{
    // `SSLOpenSSLConfCmd VerifyCAFile` gives it a store of its own.
    X509_STORE *store = nullptr;
    SSL_CTX_get0_verify_cert_store(const_cast<SSL_CTX *>(context), &store);
    return store != nullptr ? store : SSL_CTX_get_cert_store(context);
}

constexpr int default_depth = 1;  // mod_ssl's

/// The number on an SSLVerifyDepth line.
std::optional<int> depth_of(const ServerConfig &config)
{
    const char *line = trust_line(config, "SSLVerifyDepth");
    return line != nullptr ? std::optional{std::atoi(line)} : std::nullopt;
}

/// Without what an SSL_CTX tells.
Trust::Settings settings_of(const ServerConfig &config)
{
    Trust::Settings settings;
    for (const char *line : config.trust_lines)
        settings.others += std::string{line != nullptr ? line : ""} + '\n';
    settings.others += std::to_string(static_cast<int>(config.level())) + '\n';
    settings.chains = config.registry->maps_look_at_chains;
    if (config.settings.get<Crl>().empty() || config.level() == Level::off)
        return settings;
    settings.revocation = config.settings.get<CrlPolicy>().value;
    // A trust also tells what becomes of the connections of the revoked.
    const auto fate = config.settings.get<RevokedConnections>().value;
    settings.others += fate == RevokedConnections::Fate::keep ? "keep\n" : "close\n";
    settings.on_verified = [registry = config.registry](const auto &certificates,
                                                        const auto &chain) {
        if (registry->notes != nullptr)
            registry->notes->met(certificates, chain);
    };
    return settings;
}

/// The path on a line of the configuration.
std::string path_on(const char *line)
{
    apr_pool_t *pool = nullptr;
    apr_pool_create(&pool, nullptr);
    const char *path = ap_server_root_relative(pool, ap_getword_conf(pool, &line));
    const std::string copy{path != nullptr ? path : ""};
    apr_pool_destroy(pool);
    return copy;
}

/// That of a context that nobody has set one for.
int usual_security_level()
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    const int level = context != nullptr ? SSL_CTX_get_security_level(context) : 1;
    SSL_CTX_free(context);
    return level;
}

/// A proxy may send the chain of any CA: mod_ssl's default of 1 would refuse most of them.
constexpr int header_depth = 10;

bool closes_revoked(const ServerConfig &config)
{
    return config.settings.get<RevokedConnections>().value == RevokedConnections::Fate::close;
}

Trust trust_of(const ServerConfig &config, const SSL_CTX *context)
{
    Trust::Settings settings = settings_of(config);
    settings.max_depth = config.level() == Level::report ? config.settings.get<VerifyDepth>().value
                                                         : depth_of(config).value_or(default_depth);
    settings.security_level = SSL_CTX_get_security_level(context);
    settings.can_repeat = !asks_ocsp(config);
    if (const char *line = trust_line(config, "SSLCARevocationPath"))
        settings.crl_directory = path_on(line);
    return Trust{store_of(context), settings};
}

/// Where the virtual host has TLS, all its checks hold for what comes in headers as well.
Trust header_trust_of(const ServerConfig &config)
{
    const auto &depth = config.settings.get<VerifyDepth>();
    const auto *authorities = config.settings.get<CaCertificateFile>().value;
    const int max_depth = depth.given ? depth.value : depth_of(config).value_or(header_depth);
    if (config.trust != nullptr)
        return authorities != nullptr ? config.trust->with(authorities->certificates, max_depth)
                                      : config.trust->with(max_depth);
    Trust::Settings settings = settings_of(config);
    settings.max_depth = max_depth;
    settings.security_level = usual_security_level();
    return Trust{authorities->certificates, settings};
}

/// The main server need not have any: its lines may be meant for virtual hosts alone.
bool has_authorities(const ServerConfig &config)
{
    return config.trust != nullptr || config.settings.get<CaCertificateFile>().value != nullptr;
}

}  // namespace

void add_host(server_rec &s, Registry &registry, SSL_CTX *context)
{
    auto &config = server_config(s);
    if (!fits_level(s))
        throw std::runtime_error{"a virtual host has TLS and a ClientCertVerify that does not fit "
                                 "its SSLVerifyClient; docs/directives.md tells what does"};
    config.trust = registry.add_trust(trust_of(config, context), closes_revoked(config));
    registry.add_host(context, {config.trust, config.level(), tolerates_any(s)});
}

void add_other_trusts(server_rec &s)
{
    for (auto *one = &s; one != nullptr; one = one->next)
        if (auto &config = server_config(*one);
            config.settings.get<From>().value != nullptr && has_authorities(config))
            config.header_trust = config.registry->add_trust(header_trust_of(config), false);
    server_config(s).registry->add_trusts_of_directories();
}

const Trust *trust_for(const request_rec &r, bool passed)
{
    const auto &config = server_config(*r.server);
    const auto *host = passed ? config.header_trust : config.trust;
    const auto *authorities = directory_config(r).get<Ca>().value;
    return authorities != nullptr ? config.registry->trust_in(authorities, host) : host;
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// How far a virtual host goes with the certificates of its clients.
#pragma once

#include "httpd/config/config.hh"

namespace clientcert::httpd {

/// ClientCertVerify; WebMux counts off, report and require as 0, 1 and 2.
enum class Level { ssl, off, report, require };

struct Verify {
    static constexpr const char *name = "ClientCertVerify";
    static constexpr const char *usage = "ssl|off|report|require";
    static constexpr int where = RSRC_CONF;

    struct Wanted {
        Level level = Level::ssl;
        const char *word = "ssl";
        const char *file = nullptr;  ///< of the line that says so
        unsigned line = 0;
    };
    using Value = Setting<Wanted>;

    static void read(cmd_parms &cmd, Value &value, const char *word);
};

struct VerifyDepth {
    static constexpr const char *name = "ClientCertVerifyDepth";
    static constexpr const char *usage = "how many certificates may stand behind the client's";
    static constexpr int where = RSRC_CONF;

    struct Value : Setting<int> {
        Value() : Setting{1} {}  // as SSLVerifyDepth
        static Value merged(apr_pool_t *, const Value &base, const Value &add)
        {
            return add.given ? add : base;
        }
    };

    static void read(cmd_parms &cmd, Value &value, const char *number);
};

/// A line of mod_ssl that decides what a level finds. Each is heard as it is read; whether they fit
/// is told when all have been.
struct HeardLine {
    const server_rec *server;
    const char *directive;
    const char *words;
    const char *file;
    unsigned line;
    bool in_section;  ///< of a directory, a location ...
};

/// Directives of mod_ssl that are declared here as well.
inline constexpr auto level_directives = std::to_array<const char *>({
    "SSLCACertificateFile",
    "SSLEngine",
    "SSLOptions",
    "SSLRequire",
    "SSLUserName",
    "SSLVerifyClient",
});

const char *overhear_level(cmd_parms *cmd, void *section, const char *line) noexcept;

/// Whether mod_ssl lets in, on that virtual host, whatever certificate a client has.
bool tolerates_any(const server_rec &s);

/// Whether SSLVerifyClient of that virtual host is what its level needs.
bool fits_level(const server_rec &s);

/// What SSLVerifyClient of that virtual host says.
std::string verify_client_mode(const server_rec &s);

/// The same of the place that is asked for.
std::string verify_client_mode(const request_rec &r);

/// Whether mod_ssl asks the client for a certificate: in the handshake, or at that place.
bool asks_for_certificate(const request_rec &r);

/// Whether clients speak TLS with that virtual host.
bool has_tls(const server_rec &s);

/// Whether mod_ssl has CA certificates for that virtual host.
bool names_authorities(const server_rec &s);

/// Tells what does not fit together, once all of the configuration is read; `httpd -t` asks it.
int check_levels(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// CLIENTCERT_* in the environment of CGI, FastCGI and SSI, and of log formats.
#pragma once

#include "httpd/config/config.hh"

namespace clientcert::httpd {

struct Env {
    static constexpr const char *name = "ClientCertEnv";
    static constexpr const char *usage = "whether CGI and SSI see the CLIENTCERT_ variables";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = Setting<bool>;

    static void read(cmd_parms &, Value &value, Words words);
};

void set_environment(request_rec &r);

/// Directives of mod_log_config: the variables in their formats are set when a request is logged.
inline constexpr auto log_directives =
    std::to_array<const char *>({"CustomLog", "GlobalLog", "LogFormat", "TransferLog"});
const char *overhear_log_format(cmd_parms *cmd, void *, const char *line) noexcept;

/// Sets the variables that some log format names.
void set_logged_variables(request_rec &r);

}  // namespace clientcert::httpd

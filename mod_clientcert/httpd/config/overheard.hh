// SPDX-License-Identifier: Apache-2.0
// The directive table: our own, and those of other modules that are declared here as well. httpd
// hands a line to every module that declares its directive.
#pragma once

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/lookups/kinds.hh"
#include "httpd/telling/require_lines.hh"

#include <array>

namespace clientcert::httpd {

/// Appends a row for each of these directives.
template <std::size_t Size>
constexpr command_rec *overhear(command_rec *row, const std::array<const char *, Size> &names,
                                const char *(*heard)(cmd_parms *, void *, const char *) noexcept,
                                int where, const char *usage)
{
    for (const char *name : names)
        *row++ = AP_INIT_RAW_ARGS(name, heard, nullptr, where, usage);
    return row;
}

constexpr auto overheard_directives()
{
    std::array<command_rec, trust_directives.size() + level_directives.size() +
                                log_directives.size() + statement_directives.size() +
                                require_directives.size()>
        rows{};
    constexpr const char *of_mod_ssl = "of mod_ssl; mod_clientcert reads it too";
    auto *row = rows.data();
    row = overhear(row, trust_directives, overhear_trust, RSRC_CONF | OR_AUTHCFG, of_mod_ssl);
    row = overhear(row, level_directives, overhear_level, RSRC_CONF | OR_AUTHCFG | OR_OPTIONS,
                   of_mod_ssl);
    row = overhear(row, log_directives, overhear_log_format, RSRC_CONF,
                   "of mod_log_config; mod_clientcert reads it too");
    row = overhear(row, statement_directives, overhear_statement, RSRC_CONF,
                   "of mod_dbd; mod_clientcert reads it too");
    overhear(row, require_directives, overhear_require, OR_AUTHCFG,
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

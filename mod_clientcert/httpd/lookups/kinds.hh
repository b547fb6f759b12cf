// SPDX-License-Identifier: Apache-2.0
// Where maps of the server look users up: a kind is a row in kinds.cc, and a file here.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/map_lookup.hh>

#include <array>
#include <vector>

namespace clientcert::httpd {

/// For lines of that configuration.
std::vector<MapLookupKind> lookup_kinds(cmd_parms &cmd);

using OpenedLookup = Result<std::shared_ptr<const MapLookup>>;

OpenedLookup open_file_lookup(cmd_parms &cmd, const std::string &path);
OpenedLookup open_dbm_lookup(cmd_parms &cmd, const std::string &path);
OpenedLookup open_dbd_lookup(cmd_parms &cmd, const std::string &label);
OpenedLookup open_ldap_lookup(cmd_parms &cmd, const std::string &url, const LookupOptions &options);

/// Directives of mod_dbd: what a statement says that has to be prepared anew.
inline constexpr auto statement_directives = std::to_array<const char *>({"DBDPrepareSQL"});
const char *overhear_statement(cmd_parms *cmd, void *, const char *line) noexcept;

/// The options that open_ldap_lookup knows: as whom it asks.
inline constexpr std::string_view bind_dn = "bind-dn";
inline constexpr std::string_view bind_password = "bind-password";

/// The request on whose behalf a map is asked; lookups of modules of httpd need one.
inline request_rec &request_of(void *context)
{
    return *static_cast<request_rec *>(context);
}

}  // namespace clientcert::httpd

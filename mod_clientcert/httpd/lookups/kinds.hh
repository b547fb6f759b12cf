// SPDX-License-Identifier: Apache-2.0
// Where maps of the server look users up: a kind is a row in kinds.cc, and a file here.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/map_lookup.hh>

#include <vector>

namespace clientcert::httpd {

/// For lines of that configuration.
std::vector<MapLookupKind> lookup_kinds(cmd_parms &cmd);

using OpenedLookup = Result<std::shared_ptr<const MapLookup>>;

OpenedLookup open_file_lookup(cmd_parms &cmd, const std::string &path);
OpenedLookup open_dbm_lookup(cmd_parms &cmd, const std::string &path);
OpenedLookup open_dbd_lookup(cmd_parms &cmd, const std::string &label);
OpenedLookup open_ldap_lookup(cmd_parms &cmd, const std::string &url);

/// The request on whose behalf a map is asked; lookups of modules of httpd need one.
inline request_rec &request_of(void *context)
{
    return *static_cast<request_rec *>(context);
}

/// A function of another module, or null while that is not loaded.
template <typename Function>
Function *optional_function(const char *name)
{
    return reinterpret_cast<Function *>(apr_dynamic_fn_retrieve(name));
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// mod_proxy_ajp asks mod_ssl for the certificate and hands it on, good or bad, the user's or not.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Refuses requests for which that would be wrong. To be called when all modules are loaded and
/// before hooks are sorted.
int watch_ajp(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

}  // namespace clientcert::httpd

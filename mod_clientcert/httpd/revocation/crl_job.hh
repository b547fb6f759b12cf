// SPDX-License-Identifier: Apache-2.0
// The one process that keeps the CRLs: an unprivileged child, in its thread of mod_watchdog.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Prepares revocation where a virtual host asks for CRLs: the state directory, what is shared, the
/// job. Behind mod_ssl, which tells the CA certificates of the virtual hosts; before mod_watchdog.
int prepare_revocation(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// The one process that keeps the CRLs: an unprivileged child, in its thread of mod_watchdog.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Prepares revocation where a virtual host asks for CRLs: the state directory, what is shared, the
/// job. Behind mod_ssl, which tells the CA certificates of the virtual hosts; before mod_watchdog.
int prepare_revocation(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/// The job ends before its child does. mod_watchdog alone would let it go on until after
/// libcrypto's own end, and then it crashes.
void end_job_with_child(apr_pool_t *pchild, server_rec *s);

}  // namespace clientcert::httpd

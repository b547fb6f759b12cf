// SPDX-License-Identifier: Apache-2.0
// `httpd -D DUMP_CLIENTCERT`: prints the effective policy, and the mistakes in it.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Who asks for the dump wants no server: httpd then ends as with -t.
int prepare_dump(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/// Prints it where it was asked for; the configuration has been read and checked.
void dump_policy(apr_pool_t *pconf, server_rec *s);

}  // namespace clientcert::httpd

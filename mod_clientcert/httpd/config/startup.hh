// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// What can only be told once all of the configuration is read.
int check_configuration(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

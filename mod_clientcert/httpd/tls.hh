// SPDX-License-Identifier: Apache-2.0
// Where the module takes part in the handshakes of mod_ssl.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

int init_server(server_rec *s, apr_pool_t *pconf, int is_proxy, SSL_CTX *context);
int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy);

/// Takes notice of what mod_ssl's own hook for this request did: renegotiation and post-handshake
/// authentication happen there.
void notice_handshakes(const request_rec &r);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// Where the module takes part in the handshakes of mod_ssl.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

int init_server(server_rec *s, apr_pool_t *pconf, int is_proxy, SSL_CTX *context);
int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy);

/// Asks mod_ssl's verify callback to tolerate the leaf, as "optional_no_ca" does: from then on it
/// says GENEROUS, never SUCCESS, of the connection. False where it does not.
bool ask_to_tolerate(X509_STORE_CTX &context, SSL_verify_cb mod_ssl);

/// Where certificates are reported, a bad one is none that mod_ssl says SUCCESS of, even if it has
/// become bad since the handshake. To be called before mod_ssl is asked for anything.
void disown_bad_certificate(const request_rec &r);

/// Takes notice of what mod_ssl's own hook for this request did: renegotiation and post-handshake
/// authentication happen there.
void notice_handshakes(const request_rec &r);

}  // namespace clientcert::httpd

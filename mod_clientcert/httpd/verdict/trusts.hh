// SPDX-License-Identifier: Apache-2.0
// Whom virtual hosts and directories trust.
#pragma once

#include "httpd/config/registry.hh"
#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Mod_ssl has made the context of that virtual host.
void add_host(server_rec &s, Registry &registry, SSL_CTX *context);

/// Whom virtual hosts trust to be behind their proxies, and whom directories trust: once all
/// virtual hosts have their contexts. Throws where CA certificates are missing.
void add_other_trusts(server_rec &s);

/// Whom the directory of the request trusts: with a certificate of the TLS connection, or one that
/// a proxy has passed on. Null: nobody.
const Trust *trust_for(const request_rec &r, bool passed);

}  // namespace clientcert::httpd

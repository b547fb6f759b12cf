// SPDX-License-Identifier: Apache-2.0
// The list of directives that hold for a whole virtual host; each stands whole in the header of
// what it controls.
#pragma once

#include "httpd/evidence/proxy_directives.hh"
#include "httpd/revocation/crl_directives.hh"
#include "httpd/telling/explain_directives.hh"
#include "httpd/users/user_directives.hh"
#include "httpd/verdict/levels.hh"
#include "httpd/verdict/trust_directives.hh"

namespace clientcert::httpd {

using ServerSettings =
    Config<OfServer, Verify, VerifyDepth, TrustedProxy, From, CaCertificateFile, Map, Crl,
           CrlPolicy, CrlHosts, CrlIssuer, StateDirectory, RevokedConnections, ExplainTo>;

}  // namespace clientcert::httpd

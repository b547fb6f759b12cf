// SPDX-License-Identifier: Apache-2.0
// ClientCertRequire: rules that every request has to fulfil.
#pragma once

#include "httpd/config/config.hh"
#include "httpd/decision/expression.hh"

namespace clientcert::httpd {

struct Rule {
    Expression expression;
    std::size_t slot;  ///< where a client's outcome is kept; `no_slot` for none
};

struct Require {
    static constexpr const char *name = "ClientCertRequire";
    static constexpr const char *usage = "an expression, as of SSLRequire, that must hold";
    static constexpr int where = RSRC_CONF | OR_AUTHCFG;
    using Value = List<Rule>;

    static void read(cmd_parms &cmd, Value &value, RawArguments line);
};

/// 403 where a rule does not hold, else DECLINED. Behind mod_ssl's own hook, in which renegotiation
/// and post-handshake authentication happen. An early exit: what it lets through, or never sees,
/// meets `require_again`.
int require(request_rec *r);

/// The same on every path that a request can take.
int require_again(request_rec *r);

}  // namespace clientcert::httpd

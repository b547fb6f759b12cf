// SPDX-License-Identifier: Apache-2.0
// How much is told of a denial, and to whom.
#pragma once

#include "httpd/config/config.hh"
#include "httpd/decision/expression.hh"

namespace clientcert::httpd {

struct Explain {
    static constexpr const char *name = "ClientCertExplain";
    static constexpr const char *usage = "off|log|page: how much is told of a denial, and where";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;

    enum class Mode { log, off, page };
    using Value = Setting<Mode>;

    static void read(cmd_parms &cmd, Value &value, const char *word);
};

struct ExplainTo {
    static constexpr const char *name = "ClientCertExplainTo";
    static constexpr const char *usage = "an expression that holds for those who may see rules";
    static constexpr int where = RSRC_CONF;
    using Value = Setting<const Expression *>;

    static void read(cmd_parms &cmd, Value &value, RawArguments line);
};

Explain::Mode explain_mode(const request_rec &r);

/// Whether rules, and the values they looked at, may be shown to whoever sends this request: to
/// nobody where no ClientCertExplainTo says so or where it cannot be evaluated.
bool may_see_rules(request_rec &r);

}  // namespace clientcert::httpd

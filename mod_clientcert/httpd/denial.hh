// SPDX-License-Identifier: Apache-2.0
// Telling the administrator why somebody was not let in.
#pragma once

#include "httpd/expression.hh"
#include "httpd/httpd.hh"

#include <clientcert/certificate.hh>
#include <clientcert/verdict.hh>

namespace clientcert::httpd {

/// What refused a request: a rule or a Require line, and where it stands.
struct Refusal {
    const char *rule;
    const char *file;
    unsigned line;
    std::vector<Trace::Look> looks;
    const char *error = nullptr;  ///< why the rule could not be evaluated, where it could not
};

/// ` serial=... issuer=... subject=...`, for a line of the log.
std::string told(const Certificate &certificate);

/// Logs one line for all that was not fulfilled, and remembers the reason.
/// `uri` is what was asked for: by `r`, or by a subrequest of it.
void deny(request_rec &r, const char *uri, const std::vector<Refusal> &refusals);

/// The same where no rule but a user is the reason; `more` says more about it.
void deny_user(request_rec &r, Reason reason, const std::string &more);

}  // namespace clientcert::httpd

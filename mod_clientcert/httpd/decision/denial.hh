// SPDX-License-Identifier: Apache-2.0
// Telling why somebody was not let in: the line in the log, and what pages have to tell.
#pragma once

#include "httpd/decision/expression.hh"
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

/// All that is told of one denial.
struct Denial {
    Reason reason;
    std::vector<Refusal> refusals{};
    std::string why{};  ///< more about a user that there is not
};

/// httpd cuts a line of its log at 8 KB, of which some is for what stands before the message.
constexpr std::size_t longest_line = 7600;

/// ` serial=... issuer=... subject=...`, and the first `san=...` where there is no subject, for a
/// line of the log.
std::string told(const Certificate &certificate);

/// ` rule=... at=... values={...}` for each, as the log has it; ` why=...` where there is more.
/// What is too long for `room` characters of the log ends in `...`.
std::string told(const Denial &denial, std::size_t room);

/// What mod_unique_id calls the request, or "".
const char *unique_id(const request_rec &r);

/// Remembers the reason, and logs one line for all that was not fulfilled.
/// `uri` is what was asked for: by `r`, or by a subrequest of it, for which `explained` tells
/// whether there is a line.
void deny(request_rec &r, const char *uri, std::vector<Refusal> refusals, bool explained);

/// The same of the request itself.
void deny(request_rec &r, std::vector<Refusal> refusals);

/// The same where no rule but a user is the reason; `more` says more about it.
void deny_user(request_rec &r, Reason reason, const std::string &more);

}  // namespace clientcert::httpd

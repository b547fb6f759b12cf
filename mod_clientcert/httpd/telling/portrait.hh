// SPDX-License-Identifier: Apache-2.0
// What this server sees of a client, as JSON (docs/explain.md).
#pragma once

#include "httpd/decision/expression.hh"
#include "httpd/httpd.hh"

#include <clientcert/client.hh>
#include <clientcert/json.hh>

namespace clientcert::httpd {

/// Names of a certificate, its dates and digests.
json::JsonPtr described(const Certificate &certificate);

/// The same, and all that selectors select.
json::JsonPtr with_all_fields(const Certificate &certificate);
json::JsonPtr described(std::span<const Certificate> certificates);

json::JsonPtr verdict_of(request_rec &r);

/// All variables that have a value.
json::JsonPtr variables_of(request_rec &r);

/// What each map of the virtual host, and the selector of this place, makes of the client; with the
/// rules, and what they found, where `with_rules`.
json::JsonPtr users_of(request_rec &r, bool with_rules);

/// The headers of ours that the request has.
json::JsonPtr headers_of(const request_rec &r);

json::JsonPtr looks_of(const std::vector<Trace::Look> &looks);

}  // namespace clientcert::httpd

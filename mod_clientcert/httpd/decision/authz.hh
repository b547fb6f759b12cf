// SPDX-License-Identifier: Apache-2.0
// `Require clientcert...`
#pragma once

#include "httpd/decision/denial.hh"
#include "httpd/httpd.hh"

namespace clientcert::httpd {

void register_authz_providers(apr_pool_t *pool);

/// The Require lines that stand against this request, not against a subrequest of it.
std::vector<Refusal> unfulfilled(request_rec &r);

/// Tells of the Require lines that a denied request did not fulfil.
void log_refusals(request_rec &r);

}  // namespace clientcert::httpd

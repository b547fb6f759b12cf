// SPDX-License-Identifier: Apache-2.0
// What this configuration would decide of a request that nobody has made, rule by rule.
#pragma once

#include "httpd/telling/hypothesis.hh"

#include <clientcert/json.hh>

namespace clientcert::httpd {

/// As docs/explain.md tells.
json::JsonPtr decision_of(const Supposed &supposed, Hypothesis &hypothesis);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "httpd/dump/policy.hh"

namespace clientcert::httpd::dump {

/// All that is in force, host by host and section by section.
std::string report_on(const Configuration &configuration);

}  // namespace clientcert::httpd::dump

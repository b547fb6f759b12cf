// SPDX-License-Identifier: Apache-2.0
// What speaks against a certificate as one of a client.
#pragma once

#include <clientcert/evidence.hh>

#include <string>
#include <vector>

namespace clientcert::tool {

/// A sentence each; none where nothing was found.
std::vector<std::string> findings_on(const Evidence &evidence, Time now);

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// Issuers whose CRL numbers the administrator wants to be forgotten.
#pragma once

#include <clientcert/name.hh>

#include <vector>

namespace clientcert {

/// Those that are asked for; the request is gone then.
std::vector<NameId> take_forgotten(int state_directory);

}  // namespace clientcert

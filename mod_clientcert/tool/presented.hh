// SPDX-License-Identifier: Apache-2.0
// What a client would present.
#pragma once

#include <clientcert/evidence.hh>
#include <clientcert/result.hh>

#include <string>

namespace clientcert::tool {

/// The certificates of a file as if they had come by TLS: the client's own, and behind it those
/// between it and its CA. PEM, or one in DER.
Result<Evidence> presented_in(const std::string &path);

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// The octets of a file or URL.
#pragma once

#include <clientcert/octet_file.hh>

#include <string>

namespace clientcert::tool {

/// A URL is fetched first, whole.
Result<OctetFile> open_source(const std::string &where, std::uint64_t max_size);

}  // namespace clientcert::tool

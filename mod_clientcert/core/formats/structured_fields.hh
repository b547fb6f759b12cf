// SPDX-License-Identifier: Apache-2.0
// Structured Fields (RFC 8941, section 4.2) as far as RFC 9440 needs them.
#pragma once

#include <clientcert/result.hh>

#include <string>
#include <string_view>
#include <vector>

namespace clientcert::formats {

/// The octets of an Item that is a Byte Sequence. Parameters have to be well-formed, and are
/// ignored: RFC 9440 knows none, and a later one may (RFC 8941, section 2).
Result<std::string> byte_sequence_item(std::string_view field);

/// Those of a List of such Items; `most` of them at most.
Result<std::vector<std::string>> byte_sequence_list(std::string_view field, std::size_t most);

}  // namespace clientcert::formats

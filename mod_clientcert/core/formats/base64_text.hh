// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4) as a whole, of which there is one spelling only.
#pragma once

#include <clientcert/result.hh>

#include <string>
#include <string_view>

namespace clientcert::formats {

/// Takes what an encoder writes and nothing else: the alphabet, padding at the end, no bits behind
/// the last octet (3.5), no line breaks. OpenSSL's EVP_DecodeBlock is not so particular.
Result<std::string> base64_decoded(std::string_view text);

}  // namespace clientcert::formats

// SPDX-License-Identifier: Apache-2.0
// How values are made fit for a header, and back.
#pragma once

#include "core/asn1_text.hh"

#include <clientcert/result.hh>

#include <string>
#include <string_view>

namespace clientcert::formats {

/// RFC 3986, 2.3.
inline constexpr OctetSet unreserved{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"};

/// %XX, in upper case, for every octet that is not `kept`.
std::string percent_encoded(std::string_view text, const OctetSet &kept = unreserved);

/// Octets for %XX in either case. A `+` stays one: base64 has it.
Result<std::string> percent_decoded(std::string_view text);

/// Between double quotes, which have a backslash before them inside, as a backslash has.
std::string quoted_string(std::string_view text);

/// The text without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// The beginning of a value, quoted for a message.
std::string excerpt(std::string_view text);

}  // namespace clientcert::formats

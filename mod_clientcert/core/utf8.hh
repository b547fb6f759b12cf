// SPDX-License-Identifier: Apache-2.0
// Text that a name can be made of.
#pragma once

#include <string>
#include <string_view>

namespace clientcert {

/// Whether it is UTF-8 (RFC 3629) and has no control character: neither those of ASCII, NUL and DEL
/// included, nor U+0080 to U+009F.
bool is_clean_text(std::string_view text);

/// The same text, with \xHH for each octet that is not of a character.
std::string utf8_text(std::string_view text);

/// For people: what cannot be seen, or turns around the direction of what stands beside it, is
/// written as its code too: \xHH or \u{HHHH}. Ends of lines and tabs stay.
std::string shown_text(std::string_view text);

}  // namespace clientcert

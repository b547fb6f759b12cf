// SPDX-License-Identifier: Apache-2.0
// Text that a name can be made of.
#pragma once

#include <string_view>

namespace clientcert {

/// Whether it is UTF-8 (RFC 3629) and has no control character: neither those of ASCII, NUL and DEL
/// included, nor U+0080 to U+009F.
bool is_clean_text(std::string_view text);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Strings of ASN.1 as text.
#pragma once

#include "core/openssl.hh"

#include <string>

namespace clientcert {

/// UTF-8 with control characters written \HH and backslashes doubled; `raw` leaves the octets of
/// the string's own character set. To the octet what mod_ssl makes of the string.
std::string text_of(const ASN1_STRING *string, bool raw = false);

/// Whether the string is in UTF-8 or a subset of it and `escaped` does not concern any of its
/// octets, so that it can be copied as it is.
bool is_plain(const ASN1_STRING *string, std::string_view escaped);

/// Whether the text of the string has a control character, NUL included.
bool has_control_character(const ASN1_STRING *string);

}  // namespace clientcert

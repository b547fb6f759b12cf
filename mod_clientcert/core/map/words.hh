// SPDX-License-Identifier: Apache-2.0
// Lines as httpd's configuration has them: words between blanks, with quotes or without.
#pragma once

#include <clientcert/result.hh>

#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// What httpd takes for a blank, within a line.
inline constexpr std::string_view blanks = " \t\r\n\v\f";

/// Removes blanks at the front.
void skip_blanks(std::string_view &rest);

/// Takes a word off the front, which must not be blank. Quotes, single or double, stand around a
/// word; within them a backslash goes before such a quote, and anywhere before another backslash.
Result<std::string> next_word(std::string_view &rest);

/// All words of the line. In NAME="..." and NAME='...' the quotes may begin behind the "=".
Result<std::vector<std::string>> words_of(std::string_view line);

}  // namespace clientcert

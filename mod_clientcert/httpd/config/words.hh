// SPDX-License-Identifier: Apache-2.0
// Words of the configuration, as httpd reads them.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/octets.hh>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::httpd {

/// Upper and lower case are the same.
inline bool is_word(std::string_view word, std::string_view wanted)
{
    return word.size() == wanted.size() &&
           ap_cstr_casecmpn(word.data(), wanted.data(), word.size()) == 0;
}

/// The words of a line, without the quotes around them.
std::vector<std::string> words_of(const char *line);

/// One of the words that a directive takes, and what it stands for.
template <typename T>
struct Choice {
    const char *word;
    T meaning;
};

/// What the word stands for; throws which there are where it is none of them.
template <typename T, std::size_t Size>
T chosen(const std::array<Choice<T>, Size> &choices, std::string_view word)
{
    std::string known;
    for (std::size_t i = 0; i < Size; ++i) {
        if (is_word(word, choices[i].word))
            return choices[i].meaning;
        known += i == 0 ? "" : i + 1 < Size ? ", " : " or ";
        known += choices[i].word;
    }
    throw std::invalid_argument{"takes " + known + ", not " + quoted(word)};
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "core/map/words.hh"

#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert {
namespace {

bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/// What stands between quotes, of which the first one is at the front; they are taken off as well.
Result<std::string> next_quoted(std::string_view &rest)
{
    const char quote = rest.front();
    std::string text;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == quote) {
            rest.remove_prefix(i + 1);
            if (!rest.empty() && blanks.find(rest.front()) == blanks.npos)
                return Error{"behind the quotes around " + quoted(text) + " a blank is expected"};
            return text;
        }
        const bool escape =
            c == '\\' && i + 1 < rest.size() && (rest[i + 1] == quote || rest[i + 1] == '\\');
        text += escape ? rest[++i] : c;
    }
    return Error{"the quotes that begin " + quoted(rest) + " do not end"};
}

std::string next_unquoted(std::string_view &rest)
{
    const auto word = rest.substr(0, rest.find_first_of(blanks));
    rest.remove_prefix(word.size());
    std::string text;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] == '\\' && i + 1 < word.size() && word[i + 1] == '\\')
            ++i;
        text += word[i];
    }
    return text;
}

/// The length of NAME= where a quote stands behind it, else 0.
std::size_t size_of_name(std::string_view rest)
{
    const auto *const end =
        std::ranges::find_if_not(rest, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
    const auto size = static_cast<std::size_t>(end - rest.begin());
    const bool named = size > 0 && size + 1 < rest.size() && rest[size] == '=';
    return named && is_quote(rest[size + 1]) ? size + 1 : 0;
}

}  // namespace

void skip_blanks(std::string_view &rest)
{
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
}

Result<std::string> next_word(std::string_view &rest)
{
    return is_quote(rest.front()) ? next_quoted(rest) : next_unquoted(rest);
}

Result<std::vector<std::string>> words_of(std::string_view line)
{
    std::vector<std::string> words;
    for (skip_blanks(line); !line.empty(); skip_blanks(line)) {
        const std::string name{line.substr(0, size_of_name(line))};
        line.remove_prefix(name.size());
        const auto word = next_word(line);
        if (!word)
            return Error{word.error()};
        words.push_back(name + *word);
    }
    return words;
}

}  // namespace clientcert

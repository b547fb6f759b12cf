// SPDX-License-Identifier: Apache-2.0
// Words of the form key=value behind the first one of a directive.
#pragma once

#include <clientcert/octets.hh>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace clientcert::httpd {

/// Every key stands once on a line.
class Options {
public:
    explicit Options(const char *known) : known_{known} {}

    std::pair<std::string_view, std::string_view> next(std::string_view word)
    {
        const auto equals = word.find('=');
        const auto key = word.substr(0, equals);
        if (equals == word.npos)
            throw std::invalid_argument{"takes " + std::string{known_} + ", not " + quoted(word)};
        if (!seen_.insert(key).second)
            throw std::invalid_argument{"takes " + std::string{key} + "= once"};
        return {key, word.substr(equals + 1)};
    }

    [[noreturn]] void refuse(std::string_view key, std::string_view value) const
    {
        throw std::invalid_argument{"takes " + std::string{known_} + ", not " +
                                    quoted(std::string{key} + '=' + std::string{value})};
    }

private:
    const char *known_;
    std::set<std::string_view> seen_;
};

}  // namespace clientcert::httpd

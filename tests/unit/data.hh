// SPDX-License-Identifier: Apache-2.0
// Files of tests/data, and chance that is the same in every run.
#pragma once

#include <clientcert/octets.hh>

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::test {

inline std::string contents_of(const std::string &name)
{
    std::ifstream file{TEST_DATA "/" + name, std::ios::binary};
    if (!file)
        throw std::runtime_error{"no file " + name + " in " TEST_DATA};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// %HH is an octet.
inline std::string percent_decoded(std::string_view text)
{
    std::string octets;
    while (!text.empty()) {
        const bool encoded = text.front() == '%';
        octets += encoded ? from_hex(text.substr(1, 2)).value() : std::string{text.front()};
        text.remove_prefix(encoded ? 3 : 1);
    }
    return octets;
}

using Row = std::vector<std::string>;

/// The lines of a file but for comments, each cut at its tabs.
inline std::vector<Row> rows_of(const std::string &name)
{
    const std::string contents = contents_of(name);
    std::string_view rest = contents;
    std::vector<Row> rows;
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.starts_with('#'))
            continue;
        rows.emplace_back();
        for (std::size_t tab = 0; tab != line.npos; line.remove_prefix(tab + 1)) {
            tab = line.find('\t');
            rows.back().push_back(percent_decoded(line.substr(0, tab)));
            if (tab == line.npos)
                break;
        }
    }
    if (rows.empty())
        throw std::runtime_error{name + " has no rows"};
    return rows;
}

/// One sequence for each seed, whatever the machine and the library.
class Chance {
public:
    explicit Chance(std::uint32_t seed) : engine_{seed} {}

    /// From 0 to `end` - 1.
    std::size_t below(std::size_t end) { return engine_() % end; }

    bool one_in(std::size_t n) { return below(n) == 0; }

    const auto &one_of(const auto &range) { return range[below(std::size(range))]; }

    std::string octets(std::size_t size)
    {
        std::string text(size, '\0');
        for (char &c : text)
            c = static_cast<char>(below(256));
        return text;
    }

    /// So many pieces, each one of `alphabet`.
    std::string text(std::size_t pieces, const auto &alphabet)
    {
        std::string text;
        for (std::size_t i = 0; i < pieces; ++i)
            text += one_of(alphabet);
        return text;
    }

private:
    std::mt19937 engine_;
};

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
#include "tool/header_lines.hh"

#include "core/ascii.hh"
#include "core/formats/escape.hh"

#include <algorithm>
#include <cstdio>

namespace clientcert::tool {
namespace {

using formats::excerpt;
using formats::trimmed;

}  // namespace

Result<HeaderLines> HeaderLines::parse(const std::vector<std::string> &lines)
{
    HeaderLines headers;
    for (const std::string_view line : lines) {
        if (trimmed(line).empty() || line.starts_with('#'))
            continue;
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0 || line.find_first_of(" \t\"") < colon)
            return Error{excerpt(line) + " is no header: \"Name: value\" is expected"};
        headers.fields_.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    return headers;
}

std::optional<std::string> HeaderLines::value(std::string_view name) const
{
    std::optional<std::string> value;
    for (const auto &[field, text] : fields_)
        if (equal_but_for_case(field, name))
            value = value ? *value + ", " + text : text;
    return value;
}

std::vector<std::string> lines_of_standard_input()
{
    std::vector<std::string> lines;
    std::string line;
    for (int c = std::getchar(); c != EOF; c = std::getchar()) {
        if (c != '\n') {
            line += static_cast<char>(c);
            continue;
        }
        if (line.ends_with('\r'))
            line.pop_back();
        lines.push_back(std::exchange(line, {}));
    }
    lines.push_back(std::move(line));
    return lines;
}

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// Headers as people have them: lines of "Name: value".
#pragma once

#include <clientcert/result.hh>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clientcert::tool {

class HeaderLines {
public:
    /// Empty lines and those that begin with "#" are skipped.
    static Result<HeaderLines> parse(const std::vector<std::string> &lines);

    /// The value of a field, in whatever case its name is; that of several lines joined by ", ",
    /// as a server does it. Nothing where there is none.
    std::optional<std::string> value(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// Without the ends of the lines.
std::vector<std::string> lines_of_standard_input();

}  // namespace clientcert::tool

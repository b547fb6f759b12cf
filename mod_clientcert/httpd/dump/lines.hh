// SPDX-License-Identifier: Apache-2.0
// The lines that a value of ours comes from.
#pragma once

#include "httpd/dump/policy.hh"

namespace clientcert::httpd::dump {

/// Each line once, in order.
template <typename D, typename Config>
std::vector<Line> lines_of(const Config &config, const Places &places)
{
    std::vector<Line> lines;
    if constexpr (is_list<typename D::Value>) {
        for (const auto *item : config.template get<D>())
            if (Line line = places.line_of(item);
                line != nullptr && (lines.empty() || lines.back() != line))
                lines.push_back(line);
    } else if (Line line = config.template said<D>()) {
        lines.push_back(line);
    }
    return lines;
}

/// Of all directives.
template <typename Config>
std::vector<Line> lines_of_all(const Config &config, const Places &places)
{
    std::vector<Line> lines;
    Config::for_each_directive([&]<typename D>() {
        const auto some = lines_of<D>(config, places);
        lines.insert(lines.end(), some.begin(), some.end());
    });
    return lines;
}

/// "FILE:LINE"
std::string place_of(const ap_directive_t &line);

/// "Directive words", on one line, without passwords.
std::string text_of(const ap_directive_t &line);

/// The same without the directive.
std::string arguments_of(const ap_directive_t &line);

/// The name of the directive as the manual writes it.
std::string name_of(const ap_directive_t &line);

}  // namespace clientcert::httpd::dump

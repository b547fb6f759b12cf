// SPDX-License-Identifier: Apache-2.0
// The lines that a value of ours comes from.
#pragma once

#include "httpd/dump/policy.hh"

namespace clientcert::httpd::dump {

/// Of a header the last word counts.
inline bool is_overridden(const Header &header, const List<Header> &all)
{
    const auto items = all.items();
    const auto later = std::ranges::find_if(items.rbegin(), items.rend(), [&](const Header *one) {
        return one->field == header.field;
    });
    return *later != &header;
}
bool is_overridden(const auto &, const auto &)
{
    return false;
}

/// Each line once, in order.
template <typename D, typename Config>
std::vector<Line> lines_of(const Config &config, const Places &places)
{
    std::vector<Line> lines;
    if constexpr (is_list<typename D::Value>) {
        const auto &all = config.template get<D>();
        for (const auto *item : all)
            if (Line line = is_overridden(*item, all) ? nullptr : places.line_of(item);
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

/// Where a line stands; one of a macro where that is defined.
struct Place {
    std::string file;
    int line;
    std::string used_at{};  ///< "FILE:LINE" of the Use line of a macro, or empty

    std::string text() const { return file + ':' + std::to_string(line); }
};
Place place_in(const ap_directive_t &line);

/// "FILE:LINE", and where a macro was used.
std::string place_of(const ap_directive_t &line);

/// "Directive words", on one line, without passwords.
std::string text_of(const ap_directive_t &line);

/// The same without the directive.
std::string arguments_of(const ap_directive_t &line);

/// The name of the directive as the manual writes it.
std::string name_of(const ap_directive_t &line);

}  // namespace clientcert::httpd::dump

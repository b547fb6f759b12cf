// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/lines.hh"

#include "httpd/dump/text.hh"

#include <cstdlib>
#include <optional>

namespace clientcert::httpd::dump {

namespace {

/// Takes a text up to that end off the front; nothing where there is no such end.
std::optional<std::string> taken(std::string_view &rest, std::string_view end)
{
    const auto at = rest.find(end);
    if (at == rest.npos)
        return std::nullopt;
    std::string text{rest.substr(0, at)};
    rest.remove_prefix(at + end.size());
    return text;
}

/// mod_macro writes: macro 'NAME' (defined on line N of "FILE") used on line N of "FILE".
std::optional<Place> place_in_macro(std::string_view file, int line)
{
    if (!file.starts_with("macro '"))
        return std::nullopt;
    taken(file, " (defined on line ");
    const auto first = taken(file, " of \"");
    const auto definition = taken(file, "\") used on line ");
    const auto use = taken(file, " of \"");
    if (!first || !definition || !use || !file.ends_with('"') || definition->starts_with("macro '"))
        return std::nullopt;
    file.remove_suffix(1);
    return Place{printable(*definition), std::atoi(first->c_str()) + line,
                 printable(file) + ':' + *use};
}

}  // namespace

Place place_in(const ap_directive_t &line)
{
    const char *file = line.filename != nullptr ? line.filename : "?";
    if (auto place = place_in_macro(file, line.line_num))
        return *std::move(place);
    return {printable(file), line.line_num};
}

std::string place_of(const ap_directive_t &line)
{
    const auto place = place_in(line);
    return place.text() + (place.used_at.empty() ? "" : ", used at " + place.used_at);
}

std::string arguments_of(const ap_directive_t &line)
{
    return without_passwords(printable(line.args));
}

std::string name_of(const ap_directive_t &line)
{
    for (const auto *row = clientcert_module.cmds; row->name != nullptr; ++row)
        if (is_named(line, row->name))
            return row->name;
    return line.directive;
}

std::string text_of(const ap_directive_t &line)
{
    const std::string arguments = arguments_of(line);
    const char *separator = arguments.empty() || arguments.starts_with('>') ? "" : " ";
    return name_of(line) + separator + arguments;
}

}  // namespace clientcert::httpd::dump

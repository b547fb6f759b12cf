// SPDX-License-Identifier: Apache-2.0
// Headers that a client can forge, and headers that nobody can ever see.
#include "httpd/dump/warnings.hh"

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// A RequestHeader line that puts the certificate into a header.
bool tells_certificate(const ap_directive_t &line)
{
    const std::string_view text{line.args};
    return is_named(line, "RequestHeader") &&
           (text.find("SSL_CLIENT_") != text.npos || text.find("CLIENTCERT_") != text.npos);
}

/// Whether the pattern of a RewriteRule or the like matches everything.
bool matches_all(const std::string &pattern)
{
    constexpr auto all = std::to_array<std::string_view>(
        {"^", ".*", "(.*)", "^.*", "^(.*)", "^.*$", "^(.*)$", ".?", "/", "^/", "^/.*", "^/(.*)",
         "^/.*$", "^/(.*)$", "^/?(.*)", "^/?(.*)$"});
    return std::ranges::find(all, pattern) != all.end();
}

/// Of a RewriteRule: "[R=301,L]" has R and L.
bool has_flag(const std::string &flags, std::string_view wanted)
{
    constexpr const char *ends = "[,=]";
    for (auto begin = flags.find_first_not_of(ends); begin != flags.npos;
         begin = flags.find_first_not_of(ends, begin)) {
        const auto end = std::min(flags.find_first_of(ends, begin), flags.size());
        if (is_word(std::string_view{flags}.substr(begin, end - begin), wanted))
            return true;
        begin = end;
    }
    return false;
}

/// Whether the line sends all requests elsewhere.
bool redirects_all(Line line)
{
    const auto words = words_of(line);
    if (is_named(*line, "RewriteRule"))
        return words.size() > 1 && matches_all(words[0]) &&
               (words[1].starts_with("https://") || words[1].starts_with("http://")) &&
               (words.size() < 3 || !has_flag(words[2], "P"));
    if (is_named(*line, "RedirectMatch"))
        return std::ranges::any_of(words, matches_all);
    const bool is_redirect = is_named(*line, "Redirect") || is_named(*line, "RedirectPermanent") ||
                             is_named(*line, "RedirectTemp");
    return is_redirect && std::ranges::count(words, "/") > 0;
}

/// Whether everything on that host goes through this section.
bool is_for_all(const Policy &policy)
{
    const auto &section = *policy.section;
    return section.is_server() ||
           (section.kind == Section::Kind::location &&
            (section.regex != nullptr ? matches_all(section.path) : section.path == "/"));
}

/// Calls `visit(line)` for each line that counts for all requests of that host.
template <typename Visit>
void for_each_line_for_all(const Host &host, Visit &&visit)
{
    for (const auto *layer : host.everywhere.layers)
        for_each_line(*layer, visit);
    for (const auto &policy : host.inner)
        if (is_for_all(policy))
            for_each_line(*policy.section, visit);
}

/// Whether the line takes away or replaces what a client sent under that name.
bool replaces(Line line, const std::string &header)
{
    if (!is_named(*line, "RequestHeader"))
        return false;
    const auto words = words_of(line);
    if (words.size() < 2 || !is_word(words[1], header.c_str()))
        return false;
    // Behind that stands a condition, or "early".
    const std::size_t all = is_word(words[0], "unset") ? 2 : is_word(words[0], "set") ? 3 : 0;
    return words.size() == all || (words.size() == all + 1 && is_word(words[all], "early"));
}

/// Whether, on all of that host, the header is taken away or replaced, or nobody gets to see it.
bool is_safe_on(const Host &host, const std::string &header)
{
    bool is_safe = false;
    for_each_line_for_all(host, [&](Line line) {
        is_safe = is_safe || redirects_all(line) || replaces(line, header);
    });
    return is_safe;
}

std::string name_of_host(const Host &host)
{
    return host.everywhere.section->line == nullptr
               ? "the main server"
               : "the virtual host at " + place_of(*host.everywhere.section->line);
}

/// Who lets through what a client sends under that name; "" where nobody does.
std::string leak(const Configuration &configuration, const std::string &action,
                 const std::string &header)
{
    for (const auto &host : configuration.hosts)
        if (host.counts && !is_safe_on(host, header))
            return (is_word(action, "set") ? name_of_host(host) + " lets through"
                                           : "\"" + action + "\" keeps") +
                   " what a client sends under that name";
    return {};
}

/// The ways to look at a request header.
constexpr auto looks = std::to_array<std::string_view>({
    "%{HTTP:",
    "%{http:",
    "%{REQ:",
    "%{req:",
    "req('",
    "http('",
    "req(\"",
    "http(\"",
});

/// The headers that a line looks at.
std::vector<std::string> headers_in(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto look : looks)
        for (auto at = text.find(look); at != text.npos; at = text.find(look, at + 1)) {
            const auto begin = at + look.size();
            names.emplace_back(text.substr(begin, text.find_first_of("}'\"", begin) - begin));
        }
    return names;
}

/// What is evaluated before headers of ours are set.
bool comes_early(const ap_directive_t &line)
{
    constexpr auto early = std::to_array<std::string_view>(
        {"ClientCertRequire", "Require", "SSLRequire", "RewriteCond", "SetEnvIf", "SetEnvIfNoCase",
         "SetEnvIfExpr", "<If", "<ElseIf"});
    return std::ranges::any_of(early, [&](std::string_view name) { return is_named(line, name); });
}

void look_at(Line line, const FieldNames &fields, Warnings &warnings)
{
    auto names = headers_in(line->args);
    if (is_named(*line, "SetEnvIf") || is_named(*line, "SetEnvIfNoCase"))
        names.push_back(words_of(line).front());
    for (const auto &name : names)
        if (fields.contains(name))
            warnings.add(line, "the header " + quoted(name) +
                                   " is always empty here: it is taken out of every request, and "
                                   "set again behind all rules; look at the variable itself, such "
                                   "as %{SSL_CLIENT_S_DN} or %{CLIENTCERT_USER}");
}

}  // namespace

void forgeable_headers(const Configuration &configuration, Warnings &warnings)
{
    for_each_section(*configuration.top, [&](const Section &section) {
        for_each_line(section, [&](Line line) {
            if (!tells_certificate(*line))
                return;
            const auto words = words_of(line);
            if (words.size() < 3 || configuration.registry->fields.contains(words[1]))
                return;
            if (const auto who = leak(configuration, words[0], words[1]); !who.empty())
                warnings.add(line, "a client can forge " + words[1] + ": " + who +
                                       "; \"ClientCertHeader " + words[1] +
                                       " FORMAT\" removes it from every request and sets it");
        });
    });
}

void headers_that_are_taken_out(const Configuration &configuration, Warnings &warnings)
{
    const auto &fields = configuration.registry->fields;
    for_each_section(*configuration.top, [&](const Section &section) {
        if (section.line != nullptr && comes_early(*section.line))
            look_at(section.line, fields, warnings);
        for_each_line(section, [&](Line line) {
            if (comes_early(*line))
                look_at(line, fields, warnings);
        });
    });
}

}  // namespace clientcert::httpd::dump

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

bool is_conditional(const std::vector<std::string> &words)
{
    return std::ranges::any_of(words, [](const std::string &word) {
        return word.starts_with("env=") || word.starts_with("expr=");
    });
}

/// Whether it sends all requests elsewhere, as hosts without TLS do.
bool only_redirects(const Host &host)
{
    for (const char *directive : {"Redirect", "RedirectPermanent", "RedirectTemp"})
        for (Line line : host.everywhere.lines(directive))
            if (std::ranges::count(words_of(line), "/") > 0)
                return true;
    return false;
}

/// Whether, on all of that host, the header is taken away or replaced.
bool is_safe_on(const Host &host, const std::string &header)
{
    if (only_redirects(host))
        return true;
    const auto lines = host.everywhere.lines("RequestHeader");
    return std::ranges::any_of(lines, [&](Line line) {
        const auto words = words_of(line);
        const std::size_t action = !words.empty() && is_word(words.front(), "early") ? 1 : 0;
        if (words.size() < action + 2)
            return false;
        const bool removes = is_word(words[action], "unset") || is_word(words[action], "set");
        return removes && is_word(words[action + 1], header.c_str()) &&
               !is_conditional({words.begin() + 2, words.end()});
    });
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
    if (!is_word(action, "set") && !is_word(action, "unset"))
        return "\"" + action + "\" keeps what the client sends under that name";
    for (const auto &host : configuration.hosts)
        if (host.counts && !is_safe_on(host, header))
            return name_of_host(host) + " lets through what a client sends under that name";
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
            auto words = words_of(line);
            if (!tells_certificate(*line))
                return;
            if (!words.empty() && is_word(words.front(), "early"))
                words.erase(words.begin());
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

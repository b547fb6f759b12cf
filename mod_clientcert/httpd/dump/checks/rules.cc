// SPDX-License-Identifier: Apache-2.0
// Rules that do not do what they seem to.
#include "httpd/dump/warnings.hh"

#include <clientcert/equalities.hh>
#include <clientcert/name.hh>
#include <clientcert/variable.hh>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// Of all rules of a directory: what one wants, and another wants otherwise.
void find_contradictions(const Policy &policy, const Places &places, Warnings &warnings)
{
    std::map<std::string, std::pair<std::string, Line>> wanted;
    for (const Rule *rule : policy.directory->get<Require>()) {
        Line line = places.line_of(rule);
        for (const auto &[variable, value] : equalities(rule->expression.source())) {
            const auto [known, is_new] = wanted.emplace(variable, std::pair{value, line});
            const auto &[other, place] = known->second;
            if (!is_new && other != value && line != nullptr)
                warnings.add(line, "never holds: " + variable + " cannot be " + quoted(value) +
                                       " here and " + quoted(other) + " at " + place_of(*place) +
                                       "; all rules of a directory have to hold, and \"in {...}\" "
                                       "or \"or\" asks for one of several values");
        }
    }
}

/// Two lines inside <RequireAll> that no certificate fulfils both.
void find_contradictions(Line container, Warnings &warnings)
{
    constexpr auto single = std::to_array<const char *>({"clientcert-dn", "clientcert-issuer"});
    for (const char *provider : single) {
        Line first = nullptr;
        for (Line line = container->first_child; line != nullptr; line = line->next) {
            auto words = words_of(line);
            if (!is_named(*line, "Require") || words.size() != 2 || !is_word(words[0], provider))
                continue;
            const auto name = DistinguishedName::parse(words[1]);
            const auto other = first != nullptr ? DistinguishedName::parse(words_of(first)[1])
                                                : Result<DistinguishedName>{Error{""}};
            if (name && other && !name->matches(other->get()))
                warnings.add(line, "never fulfilled: a certificate has one name, and the line at " +
                                       place_of(*first) +
                                       " asks for another; <RequireAny> asks for one of several");
            first = first != nullptr ? first : line;
        }
    }
    for (Line line = container->first_child; line != nullptr; line = line->next)
        if (is_named(*line, "<RequireAll"))
            find_contradictions(line, warnings);
}

/// Names between %{ and } that only a certificate variable can have.
std::vector<std::string> variables_in(std::string_view text)
{
    std::vector<std::string> names;
    for (auto at = text.find("%{"); at != text.npos; at = text.find("%{", at + 1)) {
        auto name = text.substr(at + 2, text.find('}', at) - at - 2);
        if (name.starts_with("SSL:"))
            name.remove_prefix(4);
        name =
            name.substr(0, name.find_first_not_of(
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"));
        if (name.starts_with("SSL_CLIENT_") || name.starts_with("CLIENTCERT_"))
            names.emplace_back(name);
    }
    return names;
}

/// The CAs by which an issuer can be known here; nothing where a chain may bring others along.
std::optional<std::vector<Line>> issuers_of(const Host &host, const Policy &policy)
{
    const auto &config = server_config(*host.server);
    const auto word = word_of(policy, "SSLVerifyDepth");
    const int depth = config.level() == Level::report ? config.settings.get<VerifyDepth>().value
                      : word.empty()                  ? 1
                                                      : std::atoi(word.c_str());
    if (depth > 1 || config.settings.get<From>().value != nullptr)
        return std::nullopt;
    if (Line own = policy.directory->said<Ca>())
        return std::vector{own};
    auto lines = policy.lines("SSLCACertificateFile");
    const auto more = policy.lines("SSLCACertificatePath");
    lines.insert(lines.end(), more.begin(), more.end());
    return lines.empty() ? std::nullopt : std::optional{lines};
}

bool knows(const Files &files, const std::vector<Line> &lines, const DistinguishedName &name)
{
    return std::ranges::any_of(lines, [&](Line line) {
        const auto &certificates = files.authorities_at(line);
        // What cannot be read may have anything in it.
        return !certificates ||
               std::ranges::any_of(*certificates, [&](const Certificate &certificate) {
                   return name.matches(certificate.subject());
               });
    });
}

void check_issuer(Line line, const Files &files, const std::vector<Line> &authorities,
                  Warnings &warnings)
{
    const auto words = words_of(line);
    if (!is_named(*line, "Require") || words.size() != 2 || words[0] != "clientcert-issuer")
        return;
    const auto name = DistinguishedName::parse(words[1]);
    if (name && !knows(files, authorities, *name))
        warnings.add(line, "never fulfilled: no CA certificate at " +
                               place_of(*authorities.front()) +
                               " has that name, and SSLVerifyDepth allows no CA between; check the "
                               "name, or raise SSLVerifyDepth");
}

}  // namespace

void satisfied_by_anything(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        if (!is_word(word_of(policy, "Satisfy"), "Any"))
            return;
        const std::string any = "\"Satisfy Any\" at " + place_of(*policy.line("Satisfy"));
        for (Line line : policy.requirements())
            if (any_asks_for_certificate({line}))
                warnings.add(line, any + " lets in whom \"Allow from\" lets in, whatever this line "
                                         "says: write ClientCertRequire, which has to hold in any "
                                         "case, or \"Satisfy All\"");
        for (Line line : lines_of<Require>(*policy.directory, configuration.registry->places))
            warnings.add(line, "has to hold in spite of " + any +
                                   ": where one of several is enough, put \"Require "
                                   "clientcert-expr\" into <RequireAny>");
    });
}

void never_true(const Configuration &configuration, Warnings &warnings)
{
    const auto &places = configuration.registry->places;
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        for (const Rule *rule : policy.directory->get<Require>())
            if (Line line = places.line_of(rule);
                line != nullptr && fixed_outcome(configuration, rule->expression) == false)
                warnings.add(line, "never holds, and lets nobody in: it looks at nothing of the "
                                   "request; a variable is written %{SSL_CLIENT_S_DN_O}");
        find_contradictions(policy, places, warnings);
        for (Line line : policy.requirements())
            if (is_named(*line, "<RequireAll"))
                find_contradictions(line, warnings);
    });
}

void unknown_variables(const Configuration &configuration, Warnings &warnings)
{
    const auto look_at = [&](Line line) {
        for (const auto &name : variables_in(line->args))
            if (!Variable::named(name))
                warnings.add(line, "there is no variable " + name +
                                       ", so it is always empty here; docs/directives.md and the "
                                       "manual of mod_ssl list them");
    };
    for_each_section(*configuration.top, [&](const Section &section) {
        if (section.line != nullptr)
            look_at(section.line);
        for_each_line(section, look_at);
    });
}

void unknown_issuers(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        const auto authorities = issuers_of(host, policy);
        if (!authorities || policy.section->server != host.server)
            return;
        for (Line line : policy.requirements()) {
            check_issuer(line, configuration.files, *authorities, warnings);
            for_each_line(line->first_child, [&](Line inner) {
                check_issuer(inner, configuration.files, *authorities, warnings);
            });
        }
    });
}

void rules_for_methods(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        for (Line line : lines_of<Require>(*policy.directory, configuration.registry->places))
            if (stands_in(line, *policy.section) && line->parent != nullptr &&
                (is_named(*line->parent, "<Limit") || is_named(*line->parent, "<LimitExcept")))
                warnings.add(line, "holds for all methods in spite of " + text_of(*line->parent) +
                                       ": write it outside, with %{REQUEST_METHOD} in the rule");
    });
}

}  // namespace clientcert::httpd::dump

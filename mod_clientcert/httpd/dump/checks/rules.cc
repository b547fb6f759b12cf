// SPDX-License-Identifier: Apache-2.0
// Rules that do not do what they seem to.
#include "httpd/dump/requirements.hh"
#include "httpd/dump/warnings.hh"

#include <clientcert/name.hh>
#include <clientcert/variable.hh>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

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

/// Whether it says who is kept out.
bool is_against(Line line, const Demand &demand)
{
    bool is_in_none = false;
    for (const auto *outer = line->parent; outer != nullptr; outer = outer->parent)
        is_in_none = is_in_none || is_named(*outer, "<RequireNone");
    return demand.negated || is_in_none;
}

void check_issuer(Line line, const Configuration &configuration,
                  const std::vector<Line> &authorities, Warnings &warnings)
{
    const auto demand = demand_of(configuration, line);
    if (demand.provider != "clientcert-issuer" || is_against(line, demand))
        return;
    const auto name = name_in(demand);
    if (name && !knows(configuration.files, authorities, *name))
        warnings.add(line, "never fulfilled: no CA certificate at " +
                               place_of(*authorities.front()) +
                               " has that name, and SSLVerifyDepth allows no CA between; check the "
                               "name, or raise SSLVerifyDepth");
}

/// What Satisfy Any lets people get round.
std::vector<Line> optional_lines(const Configuration &configuration, const Policy &policy)
{
    std::vector<Line> found;
    const bool by_certificate = is_word(word_of(policy, "AuthType"), "ClientCert");
    for_each_requirement(policy.requirements(), [&](Line line) {
        if (asks_for_certificate(configuration, line) ||
            !hurdles(configuration, {line}, by_certificate).empty())
            found.push_back(line);
    });
    const auto options = policy.lines("SSLOptions");
    const bool is_strict = std::ranges::any_of(options, [](Line line) {
        return std::string_view{line->args}.find("StrictRequire") != std::string_view::npos;
    });
    if (!is_strict)
        std::ranges::copy(policy.lines("SSLRequire"), std::back_inserter(found));
    return found;
}

}  // namespace

void satisfied_by_anything(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        if (!is_word(word_of(policy, "Satisfy"), "Any"))
            return;
        const std::string any = "\"Satisfy Any\" at " + place_of(*policy.line("Satisfy"));
        for (Line line : optional_lines(configuration, policy))
            warnings.add(line, any + " lets in whom another line lets in (\"Allow from\", a "
                                     "password), whatever this one says: write ClientCertRequire, "
                                     "which has to hold in any case, or \"Satisfy All\"");
        for (Line line : lines_of<Require>(*policy.directory, configuration.registry->places))
            warnings.add(line, "has to hold in spite of " + any +
                                   ": where one of several is enough, put \"Require "
                                   "clientcert-expr\" into <RequireAny>");
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
        for_each_requirement(policy.requirements(), [&](Line line) {
            check_issuer(line, configuration, *authorities, warnings);
        });
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

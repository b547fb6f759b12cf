// SPDX-License-Identifier: Apache-2.0
// Mistakes in maps, in who uses them, and in passwords beside certificates.
#include "httpd/dump/warnings.hh"

#include <algorithm>
#include <set>

namespace clientcert::httpd::dump {
namespace {

/// Whether a directory that may see this host's maps uses the one of that name.
bool is_used(const Registry &registry, const Host &host, const Section &where, const char *map)
{
    return std::ranges::any_of(registry.used_maps, [&](const UsedMap &used) {
        const bool sees = where.kind == Section::Kind::main || !used.server->is_virtual ||
                          used.server == host.server;
        return sees && std::string_view{used.map} == map;
    });
}

/// What a rule asks for, without the user that it says.
std::string condition_of(const MapRule &rule)
{
    const auto &text = rule.text();
    if (text.find("lookup=") != text.npos)
        return text;
    std::string_view rest{text};
    while (rest.ends_with(' '))
        rest.remove_suffix(1);
    const char quote = rest.ends_with('"') || rest.ends_with('\'') ? rest.back() : ' ';
    const auto begin = rest.rfind(quote, rest.size() - 2);
    return std::string{begin == rest.npos ? rest : rest.substr(0, begin)};
}

bool names_user_anywhere(const Host &host)
{
    const auto names = [](const Policy &policy) {
        return policy.directory->get<User>().value != nullptr;
    };
    return names(host.everywhere) || std::ranges::any_of(host.inner, names);
}

/// What is missing for passwords to be asked for; "" where nothing is.
std::string missing_for_passwords(const Policy &policy)
{
    if (!is_word(word_of(policy, "AuthType"), "Basic"))
        return "\"AuthType Basic\" is missing, without which nobody asks for a password";
    Line providers = policy.line("AuthBasicProvider");
    const auto words =
        providers != nullptr ? words_of(providers) : std::vector<std::string>{"file"};
    const bool by_file = words.empty() || is_word(words.front(), "file");
    if (by_file && policy.line("AuthUserFile") == nullptr)
        return providers != nullptr
                   ? "\"AuthBasicProvider file\" needs an AuthUserFile, and there is none"
                   : "no AuthBasicProvider knows any password; \"AuthUserFile FILE\" is the usual one";
    return {};
}

}  // namespace

void unused_maps(const Configuration &configuration, Warnings &warnings)
{
    const auto &registry = *configuration.registry;
    for (const auto &host : configuration.hosts) {
        std::set<std::string_view> told;
        for (const NamedRule *rule : host.settings().get<Map>()) {
            Line line = registry.places.line_of(rule);
            if (line == nullptr || told.contains(rule->map) ||
                is_used(registry, host, *configuration.section_of(line), rule->map))
                continue;
            told.insert(rule->map);
            warnings.add(line, "the map " + quoted(rule->map) +
                                   " is used by no directory: \"ClientCertUseMap " + rule->map +
                                   "\" uses it");
        }
    }
}

void unreachable_rules(const Configuration &configuration, Warnings &warnings)
{
    const auto &places = configuration.registry->places;
    for (const auto &host : configuration.hosts) {
        std::map<std::pair<std::string, std::string>, Line> seen;
        for (const NamedRule *rule : host.settings().get<Map>()) {
            Line line = places.line_of(rule);
            if (line == nullptr)
                continue;
            const auto [earlier, is_new] =
                seen.emplace(std::pair{std::string{rule->map}, condition_of(rule->rule)}, line);
            if (!is_new && earlier->second != line)
                warnings.add(line, "this rule of the map " + quoted(rule->map) +
                                       " never decides: the one at " + place_of(*earlier->second) +
                                       " asks for the same, and the first that matches wins");
        }
    }
}

void users_of_nothing(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        if (policy.section->server != host.server || names_user_anywhere(host))
            return;
        Line type = policy.line("AuthType");
        if (stands_in(type, *policy.section) && is_word(word_of(policy, "AuthType"), "ClientCert"))
            warnings.add(type, "AuthType ClientCert knows no user: ClientCertUser or "
                               "ClientCertUseMap has to say who a certificate is");
        const auto mode = policy.directory->get<BasicAuth>().value;
        Line basic = policy.directory->said<BasicAuth>();
        if (stands_in(basic, *policy.section) &&
            (mode == BasicAuth::Mode::fallback || mode == BasicAuth::Mode::same_user))
            warnings.add(basic, text_of(*basic) +
                                    " knows no user: ClientCertUser or "
                                    "ClientCertUseMap has to say who a certificate is");
    });
}

void passwords_of_nobody(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        Line line = policy.directory->said<BasicAuth>();
        const auto mode = policy.directory->get<BasicAuth>().value;
        if (!stands_in(line, *policy.section) || mode == BasicAuth::Mode::off)
            return;
        if (const auto missing = missing_for_passwords(policy); !missing.empty())
            warnings.add(line, text_of(*line) + ": " + missing);
        if (mode == BasicAuth::Mode::fallback && policy.requirements().empty())
            warnings.add(line, text_of(*line) + ": no Require line asks who it is, so all are let "
                                                "in; \"Require valid-user\" asks");
    });
}

}  // namespace clientcert::httpd::dump

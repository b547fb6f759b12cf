// SPDX-License-Identifier: Apache-2.0
// Mistakes in maps, in who uses them, and in passwords beside certificates.
#include "httpd/dump/requirements.hh"
#include "httpd/dump/warnings.hh"

#include "core/map/words.hh"

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

/// A rule of a map, taken apart.
struct Condition {
    std::string pins;      ///< and, of a lookup, all of it
    std::string selector;  ///< "" of a lookup
    std::string pattern;
    bool denies;

    /// With several values, a rule that denies asks for any of them, and others for the only one.
    bool covers(const Condition &later) const
    {
        constexpr auto all =
            std::to_array<std::string_view>({".*", "(.*)", "^.*$", "^(.*)$", ".+", "(.+)"});
        const bool same = pattern == later.pattern ||
                          (selector != "dn" && std::ranges::find(all, pattern) != all.end());
        return selector == later.selector && same &&
               (denies || !later.denies || selector == "dn") &&
               (pins == later.pins || (pins.empty() && !selector.empty()));
    }
};

Condition condition_of(const MapRule &rule)
{
    const auto words = clientcert::words_of(rule.text());
    if (!words || rule.text().find("lookup=") != rule.text().npos || words->size() < 3)
        return {rule.text(), "", "", false};
    const auto front = words->end() - 3;
    std::string pins;
    for (auto word = words->begin(); word != front; ++word)
        pins += *word + '\n';
    return {pins, front[0], front[1], front[2] == "deny"};
}

bool names_user_anywhere(const Host &host)
{
    const auto names = [](const Policy &policy) {
        return policy.directory->get<User>().value != nullptr;
    };
    return names(host.everywhere) || std::ranges::any_of(host.inner, names);
}

/// The line that counts here; where there is none, one of a section of another kind, which may meet
/// this one in a request.
Line line_here_or_beside(const Host &host, const Policy &policy, std::string_view directive)
{
    Line line = policy.line(directive);
    for (const auto &other : host.inner)
        if (line == nullptr && other.section->kind != policy.section->kind)
            line = other.line(directive);
    return line;
}

/// What is missing for passwords to be asked for; "" where nothing is.
std::string missing_for_passwords(const Host &host, const Policy &policy)
{
    Line type = line_here_or_beside(host, policy, "AuthType");
    if (type == nullptr || !is_word(words_of(type).front(), "Basic"))
        return "\"AuthType Basic\" is missing, without which nobody asks for a password";
    Line providers = line_here_or_beside(host, policy, "AuthBasicProvider");
    const auto words =
        providers != nullptr ? words_of(providers) : std::vector<std::string>{"file"};
    const bool by_file = words.empty() || is_word(words.front(), "file");
    if (by_file && line_here_or_beside(host, policy, "AuthUserFile") == nullptr)
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
        std::map<std::string, std::vector<std::pair<Condition, Line>>> maps;
        for (const NamedRule *rule : host.settings().get<Map>()) {
            Line line = places.line_of(rule);
            if (line == nullptr)
                continue;
            auto &earlier = maps[rule->map];
            const auto condition = condition_of(rule->rule);
            const auto found = std::ranges::find_if(
                earlier, [&](const auto &one) { return one.first.covers(condition); });
            if (found != earlier.end() && found->second != line)
                warnings.add(line, "this rule of the map " + quoted(rule->map) +
                                       " never decides: the one at " + place_of(*found->second) +
                                       " takes all that this one asks for, and the first that "
                                       "matches wins");
            earlier.emplace_back(condition, line);
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
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        Line line = policy.directory->said<BasicAuth>();
        const auto mode = policy.directory->get<BasicAuth>().value;
        if (!stands_in(line, *policy.section) || mode == BasicAuth::Mode::off)
            return;
        if (const auto missing = missing_for_passwords(host, policy); !missing.empty())
            warnings.add(line, text_of(*line) + ": " + missing);
        if (mode == BasicAuth::Mode::fallback &&
            std::ranges::all_of(policy.requirements(), lets_in_all))
            warnings.add(line, text_of(*line) + ": no Require line asks who it is, so all are let "
                                                "in; \"Require valid-user\" asks");
    });
}

}  // namespace clientcert::httpd::dump

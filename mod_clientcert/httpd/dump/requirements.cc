// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/requirements.hh"

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

std::string taken_word(apr_pool_t *pool, const char *&rest)
{
    return ap_getword_conf(pool, &rest);
}

/// Takes the line apart as mod_authz_core does.
Demand read(Line line)
{
    apr_pool_t *pool = nullptr;
    apr_pool_create(&pool, nullptr);
    const char *rest = line->args;
    Demand demand{.provider = taken_word(pool, rest)};
    if (is_word(demand.provider, "not"))
        demand = {.negated = true, .provider = taken_word(pool, rest)};
    demand.arguments = rest;
    apr_pool_destroy(pool);
    return demand;
}

bool is_for_users(const Demand &demand)
{
    return demand.provider == "valid-user" || demand.provider == "user" ||
           demand.provider == "group";
}

bool is_hurdle(const Demand &demand, bool for_users)
{
    const bool by_certificate =
        demand.provider.starts_with("clientcert") && demand.provider != "clientcert-expr";
    return !demand.negated && (by_certificate || demand.provider == "ssl-verify-client" ||
                               (for_users && is_for_users(demand)));
}

/// Where all have to be fulfilled, each hurdle stands in the way.
std::vector<Line> all_hurdles(const Configuration &configuration, Line first, bool for_users)
{
    std::vector<Line> found;
    for (Line line = first; line != nullptr; line = line->next) {
        const auto some = hurdles(configuration, {line}, for_users);
        found.insert(found.end(), some.begin(), some.end());
    }
    return found;
}

std::vector<Line> hurdles_in(const Configuration &configuration, Line line, bool for_users)
{
    if (is_named(*line, "Require"))
        return is_hurdle(demand_of(configuration, line), for_users) ? std::vector{line}
                                                                    : std::vector<Line>{};
    if (is_named(*line, "<RequireAll"))
        return all_hurdles(configuration, line->first_child, for_users);
    if (!is_named(*line, "<RequireAny"))
        return {};
    std::vector<Line> ways;
    for (Line inner = line->first_child; inner != nullptr; inner = inner->next)
        ways.push_back(inner);
    return hurdles(configuration, ways, for_users);
}

}  // namespace

Demand demand_of(const Configuration &configuration, Line requirement)
{
    auto demand = read(requirement);
    const auto alias = configuration.aliases.find(demand.provider);
    if (alias == configuration.aliases.end())
        return demand;
    const auto words = words_of(alias->second);
    return {demand.negated, words[0], words.size() > 2 ? words[2] : std::string{}, alias->second};
}

Result<DistinguishedName> name_in(const Demand &demand)
{
    std::string_view text{demand.arguments};
    if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
        text.back() == text.front())
        text = text.substr(1, text.size() - 2);
    return DistinguishedName::parse(text);
}

bool names_certificate(std::string_view text)
{
    constexpr auto names =
        std::to_array<std::string_view>({"SSL_CLIENT_", "CLIENTCERT_", "clientcert("});
    return std::ranges::any_of(names,
                               [&](std::string_view name) { return text.find(name) != text.npos; });
}

bool lets_in_all(Line requirement)
{
    const auto words = words_of(requirement);
    return is_named(*requirement, "Require") && words.size() == 2 && is_word(words[0], "all") &&
           is_word(words[1], "granted");
}

bool asks_for_certificate(const Configuration &configuration, Line requirement)
{
    if (!is_named(*requirement, "Require"))
        return false;
    const auto demand = demand_of(configuration, requirement);
    return demand.provider.starts_with("clientcert") || demand.provider == "ssl-verify-client" ||
           names_certificate(demand.arguments);
}

bool any_asks_for_certificate(const Configuration &configuration,
                              const std::vector<Line> &requirements)
{
    bool asks = false;
    for_each_requirement(
        requirements, [&](Line line) { asks = asks || asks_for_certificate(configuration, line); });
    return asks;
}

std::vector<Line> hurdles(const Configuration &configuration, const std::vector<Line> &requirements,
                          bool for_users)
{
    std::vector<Line> found;
    for (Line line : requirements) {
        const auto some = hurdles_in(configuration, line, for_users);
        if (some.empty())
            return {};
        found.insert(found.end(), some.begin(), some.end());
    }
    return found;
}

}  // namespace clientcert::httpd::dump

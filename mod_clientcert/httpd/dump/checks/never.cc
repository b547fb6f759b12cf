// SPDX-License-Identifier: Apache-2.0
// Rules that nobody can fulfil.
#include "httpd/dump/requirements.hh"
#include "httpd/dump/warnings.hh"

#include <clientcert/equalities.hh>

#include <algorithm>
#include <set>
#include <utility>

namespace clientcert::httpd::dump {
namespace {

/// One thing that a rule wants, and where.
struct Wish {
    Equality what;
    Line line;
};

std::string told(const Equality &equality)
{
    std::string text;
    for (const auto &value : equality.values)
        text += (text.empty() ? "" : " or ") + quoted(value);
    return text;
}

bool have_common_value(const Equality &one, const Equality &other)
{
    return std::ranges::any_of(one.values, [&](const std::string &value) {
        return std::ranges::find(other.values, value) != other.values.end();
    });
}

/// Why the second does not hold where the first does; "" where it may.
std::string contradiction(const Wish &first, const Wish &second)
{
    const auto &[one, line] = first;
    const auto &other = second.what;
    const std::string place = line != second.line ? " at " + place_of(*line) : "";
    if (one.variable == other.variable && !have_common_value(one, other))
        return other.variable + " cannot be " + told(other) + " here and " + told(one) +
               (place.empty() ? " as well" : place) +
               "; all rules of a directory have to hold, and \"in {...}\" or \"or\" asks for one "
               "of several values";
    if ((excludes_success(one) && needs_success(other)) ||
        (needs_success(one) && excludes_success(other)))
        return other.variable + " cannot be " + told(other) + " where " + one.variable + " is " +
               told(one) + place + ": without a good certificate there are no values of it";
    return {};
}

void check_wishes(const std::vector<Wish> &wishes, Warnings &warnings)
{
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        const auto &[wish, line] = wishes[i];
        std::string why = why_never(wish);
        if (!why.empty())
            why = wish.variable + " is never " + told(wish) + "; " + why;
        for (std::size_t earlier = 0; earlier < i && why.empty(); ++earlier)
            why = contradiction(wishes[earlier], wishes[i]);
        if (!why.empty())
            warnings.add(line, "never holds: " + why);
    }
}

/// Of all rules of a directory.
std::vector<Wish> wishes_of(const Policy &policy, const Places &places)
{
    std::vector<Wish> wishes;
    for (const Rule *rule : policy.directory->get<Require>())
        if (Line line = places.line_of(rule))
            for (auto &equality : equalities(rule->expression.source()))
                wishes.push_back({std::move(equality), line});
    return wishes;
}

/// What one line of `Require clientcert-expr` wants.
std::vector<Wish> wishes_of(const Demand &demand, Line line)
{
    std::string_view text{demand.arguments};
    if (demand.provider != "clientcert-expr" || demand.negated)
        return {};
    if (text.size() > 1 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    std::vector<Wish> wishes;
    for (auto &equality : equalities(text))
        wishes.push_back({std::move(equality), line});
    return wishes;
}

bool are_other_names(const Demand &one, const Demand &other)
{
    const auto first = name_in(one);
    const auto second = name_in(other);
    return first && second && !first->matches(second->get());
}

std::set<std::string> lower_words(const std::string &text)
{
    std::set<std::string> words;
    std::string word;
    for (const char c : text + ' ') {
        if (c == ' ' || c == '\t')
            words.insert(std::exchange(word, {}));
        else if (c != ':')
            word += static_cast<char>(apr_tolower(c));
    }
    words.erase("");
    return words;
}

bool are_other_fingerprints(const Demand &one, const Demand &other)
{
    const auto first = lower_words(one.arguments);
    return std::ranges::none_of(lower_words(other.arguments),
                                [&](const std::string &word) { return first.contains(word); });
}

/// Whether what fulfils the one falls to the other, which is a `Require not`.
bool is_forbidden(const Demand &one, const Demand &forbidden)
{
    if (forbidden.provider == "clientcert")
        return one.provider.starts_with("clientcert") && one.provider != "clientcert-expr";
    return one.provider == forbidden.provider && one.arguments == forbidden.arguments;
}

/// Why no certificate fulfils both; "" where one may.
std::string conflict(const Demand &one, const Demand &other)
{
    if (one.negated && other.negated)
        return {};
    if (one.negated || other.negated)
        return (one.negated ? is_forbidden(other, one) : is_forbidden(one, other))
                   ? "keeps out whom this one lets in"
                   : "";
    if (one.provider != other.provider)
        return {};
    const bool is_name = one.provider == "clientcert-dn" || one.provider == "clientcert-issuer";
    if (is_name && are_other_names(one, other))
        return "asks for another name, and a certificate has one; <RequireAny> asks for one of "
               "several";
    if (one.provider == "clientcert-fingerprint" && are_other_fingerprints(one, other))
        return "asks for another certificate; one line may name several";
    return {};
}

/// Pairs of lines that stand directly in <RequireAll>.
void check_pairs(const Configuration &configuration, Line container, Warnings &warnings)
{
    std::vector<std::pair<Demand, Line>> earlier;
    for (Line line = container->first_child; line != nullptr; line = line->next) {
        if (!is_named(*line, "Require"))
            continue;
        const auto demand = demand_of(configuration, line);
        for (const auto &[other, place] : earlier)
            if (const auto why = conflict(demand, other); !why.empty()) {
                warnings.add(line, "never fulfilled: the line at " + place_of(*place) + ' ' + why);
                break;
            }
        earlier.emplace_back(demand, line);
    }
}

void check_requirements(const Configuration &configuration, Line line, Warnings &warnings)
{
    if (is_named(*line, "Require"))
        check_wishes(wishes_of(demand_of(configuration, line), line), warnings);
    if (is_named(*line, "<RequireAll"))
        check_pairs(configuration, line, warnings);
    if (is_named(*line, "<RequireNone"))
        return;
    for (Line inner = line->first_child; inner != nullptr; inner = inner->next)
        check_requirements(configuration, inner, warnings);
}

}  // namespace

void never_true(const Configuration &configuration, Warnings &warnings)
{
    const auto &places = configuration.registry->places;
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        for (const Rule *rule : policy.directory->get<Require>())
            if (Line line = places.line_of(rule);
                line != nullptr && fixed_outcome(configuration, rule->expression) == false)
                warnings.add(line, "never holds, and lets nobody in: it looks at nothing of the "
                                   "request; a variable is written %{SSL_CLIENT_S_DN_O}");
        check_wishes(wishes_of(policy, places), warnings);
        for (Line line : policy.requirements())
            check_requirements(configuration, line, warnings);
    });
}

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
// CLIENTCERT_* variables, and how a name finds its variable.
#include "core/ascii.hh"
#include "core/ssl_variables.hh"

#include <clientcert/client.hh>
#include <clientcert/variable.hh>

#include <algorithm>

namespace clientcert {
namespace {

using Query = Variable::Query;

// Each is called for a valid certificate only, but for the first two.

std::string verify(const Client &client, const Query &)
{
    return std::string{word(client.verdict().state)};
}

std::string reason(const Client &client, const Query &)
{
    return std::string{word(client.verdict().reason)};
}

std::string subject(const Client &client, const Query &)
{
    return rfc4514(client.certificate()->subject());
}

std::string issuer(const Client &client, const Query &)
{
    return rfc4514(client.certificate()->issuer());
}

std::string serial(const Client &client, const Query &)
{
    return upper_hex_serial(*client.certificate());
}

std::string fingerprint(const Client &client, const Query &)
{
    return lower_hex(client.certificate()->fingerprint());
}

std::string spki_fingerprint(const Client &client, const Query &)
{
    return lower_hex(client.certificate()->spki_fingerprint());
}

std::string not_before(const Client &client, const Query &)
{
    return rfc3339(client.certificate()->not_before());
}

std::string not_after(const Client &client, const Query &)
{
    return rfc3339(client.certificate()->not_after());
}

std::string source(const Client &client, const Query &)
{
    return std::string{client.evidence().source};
}

/// Told by whoever knows the request.
std::string user(const Client &, const Query &)
{
    return {};
}

std::string authentication(const Client &, const Query &)
{
    return {};
}

struct Row {
    std::string_view name;
    Variable::Function function;
    bool always = false;
};

constexpr auto rows = std::to_array<Row>({
    {"VERIFY", verify, true},
    {"REASON", reason, true},
    {"USER", user, true},
    {"AUTH", authentication, true},
    {"SUBJECT", subject},
    {"ISSUER", issuer},
    {"SERIAL", serial},
    {"SHA256", fingerprint},
    {"SPKI_SHA256", spki_fingerprint},
    {"NOT_BEFORE", not_before},
    {"NOT_AFTER", not_after},
    {"SOURCE", source},
});

/// An error page asks for the reason in a request of its own: it is no part of the verdict.
bool is_of_request(Variable::Function function)
{
    return function == reason || function == user || function == authentication;
}

struct San {
    std::string_view name;
    SanType type;
};

constexpr auto sans = std::to_array<San>({
    {"SAN_EMAIL", SanType::email},
    {"SAN_DNS", SanType::dns},
    {"SAN_URI", SanType::uri},
    {"SAN_IP", SanType::ip},
    {"SAN_UPN", SanType::upn},
});

/// "" is 0, "_7" is 7; nothing for what is neither.
std::optional<int> index_of(std::string_view suffix)
{
    if (suffix.empty())
        return 0;
    suffix.remove_prefix(suffix.front() == '_' ? 1 : suffix.size());
    return ordinal(suffix);
}

std::optional<Variable> clientcert_variable(const std::string &name, std::string_view rest)
{
    for (const auto &row : rows)
        if (row.name == rest)
            return Variable{name, row.function, {}, !is_of_request(row.function), row.always};
    for (const auto &san : sans) {
        if (!rest.starts_with(san.name))
            continue;
        if (const auto index = index_of(rest.substr(san.name.size())))
            return Variable{
                name, nth_alternative_name, {.index = *index, .san = san.type}, true, false};
    }
    return std::nullopt;
}

std::string in_upper_case(std::string_view text)
{
    std::string result{text};
    for (char &c : result)
        c = upper(c);
    return result;
}

}  // namespace

std::optional<int> ordinal(std::string_view digits)
{
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("0123456789") != digits.npos)
        return std::nullopt;
    int number = 0;
    for (const char digit : digits)
        number = number * 10 + (digit - '0');
    return number;
}

std::string nth_alternative_name(const Client &client, const Query &query)
{
    int index = query.index;
    for (const auto &name : client.subject_alt_names())
        if (name.type == query.san && index-- == 0)
            return name.text;
    return {};
}

std::optional<Variable> Variable::named(std::string_view name)
{
    const std::string all_upper = in_upper_case(name);
    if (all_upper.starts_with("CLIENTCERT_"))
        return clientcert_variable(all_upper, std::string_view{all_upper}.substr(11));
    if (all_upper.starts_with("SSL_CLIENT_"))
        return ssl_client_variable(std::string{name}, name.substr(11));
    return std::nullopt;
}

std::vector<std::string> Variable::names_for(const Client &client)
{
    const std::string prefix = "CLIENTCERT_";
    std::vector<std::string> names;
    names.reserve(rows.size());
    for (const auto &row : rows)
        if (row.function != user && row.function != authentication)
            names.push_back(prefix + std::string{row.name});
    for (const auto &san : sans) {
        const auto all =
            std::ranges::count(client.subject_alt_names(), san.type, &SubjectAltName::type);
        const auto count = std::min<std::ptrdiff_t>(all, largest_ordinal + 1);
        if (count > 0)
            names.push_back(prefix + std::string{san.name});
        for (int i = 0; i < count; ++i)
            names.push_back(prefix + std::string{san.name} + '_' + std::to_string(i));
    }
    return names;
}

Variable::Variable(std::string name, Function function, Query query, bool constant, bool always)
    : name_{std::move(name)}, function_{function}, query_{query}, constant_{constant}, always_{
                                                                                           always}
{
}

bool Variable::is_reason() const
{
    return function_ == reason;
}

bool Variable::is_user() const
{
    return function_ == user;
}

bool Variable::is_authentication() const
{
    return function_ == authentication;
}

std::string Variable::value(const Client &client) const
{
    return always_ || client.certificate() != nullptr ? function_(client, query_) : std::string{};
}

}  // namespace clientcert

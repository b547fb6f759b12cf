// SPDX-License-Identifier: Apache-2.0
#include <clientcert/equalities.hh>

#include <clientcert/variable.hh>
#include <clientcert/verdict.hh>

#include <algorithm>
#include <array>
#include <optional>

namespace clientcert {
namespace {

/// Reads a rule from its beginning.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    bool at_end()
    {
        skip_blanks();
        return rest_.empty();
    }

    bool take(std::string_view word)
    {
        skip_blanks();
        if (!rest_.starts_with(word))
            return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    bool take_any(std::initializer_list<std::string_view> words)
    {
        for (const auto word : words)
            if (take(word))
                return true;
        return false;
    }

    std::optional<std::string> take_until(std::string_view end)
    {
        const auto at = rest_.find(end);
        if (at == rest_.npos)
            return std::nullopt;
        std::string text{rest_.substr(0, at)};
        rest_.remove_prefix(at + end.size());
        return text;
    }

private:
    void skip_blanks()
    {
        const auto begin = rest_.find_first_not_of(" \t");
        rest_.remove_prefix(begin == rest_.npos ? rest_.size() : begin);
    }

    std::string_view rest_;
};

std::optional<std::string> constant(Scanner &scanner)
{
    for (const char *quote : {"\"", "'"})
        if (scanner.take(quote)) {
            auto text = scanner.take_until(quote);
            // With a variable or an escape in it, it is not what it looks like.
            if (text && text->find_first_of("%\\$") != text->npos)
                return std::nullopt;
            return text;
        }
    return std::nullopt;
}

/// What stands between { and }.
std::vector<std::string> constants(Scanner &scanner)
{
    std::vector<std::string> all;
    do {
        auto one = constant(scanner);
        if (!one)
            return {};
        all.push_back(*std::move(one));
    } while (scanner.take(","));
    return scanner.take("}") ? all : std::vector<std::string>{};
}

std::optional<Equality> comparison(Scanner &scanner)
{
    if (!scanner.take("%{"))
        return std::nullopt;
    const auto name = scanner.take_until("}");
    if (!name)
        return std::nullopt;
    // As mod_ssl's own expressions may have it.
    Equality equality{name->substr(name->starts_with("SSL:") ? 4 : 0), {}};
    if (scanner.take_any({"==", "=", "eq ", "eq\t"})) {
        if (auto value = constant(scanner))
            equality.values.push_back(*std::move(value));
    } else if (scanner.take("in") && scanner.take("{")) {
        equality.values = constants(scanner);
    }
    return equality.values.empty() ? std::nullopt : std::optional{std::move(equality)};
}

/// False where it is something else.
bool read_all(Scanner &scanner, std::vector<Equality> &all, int depth)
{
    constexpr int deepest = 16;
    do {
        if (scanner.take("(")) {
            if (depth == deepest || !read_all(scanner, all, depth + 1) || !scanner.take(")"))
                return false;
        } else if (auto one = comparison(scanner)) {
            all.push_back(*std::move(one));
        } else {
            return false;
        }
    } while (scanner.take_any({"&&", "and ", "and\t"}));
    return true;
}

bool is_verdict(std::string_view variable)
{
    return variable == "SSL_CLIENT_VERIFY" || variable == "CLIENTCERT_VERIFY";
}

/// Whether the value of a good certificate is all that it can have.
bool is_of_certificate(std::string_view variable)
{
    constexpr auto others = std::to_array<std::string_view>(
        {"CLIENTCERT_REASON", "CLIENTCERT_USER", "CLIENTCERT_AUTH", "CLIENTCERT_SOURCE"});
    return !is_verdict(variable) && Variable::named(variable) &&
           std::ranges::find(others, variable) == others.end();
}

bool has(const Equality &equality, std::string_view value)
{
    return std::ranges::find(equality.values, value) != equality.values.end();
}

bool is_reason(std::string_view text)
{
    for (std::size_t i = 0; i < reason_count; ++i)
        if (word(static_cast<Reason>(i)) == text)
            return true;
    return false;
}

bool is_state(std::string_view text)
{
    return text == "NONE" || text == "SUCCESS" || text == "FAILED";
}

bool is_told_by_mod_ssl(std::string_view text)
{
    constexpr std::string_view failed = "FAILED:";
    return text == "NONE" || text == "SUCCESS" ||
           (text.starts_with(failed) && is_reason(text.substr(failed.size())));
}

bool is_authentication(std::string_view text)
{
    return text.empty() || text == "cert" || text == "basic" || text == "cert+basic";
}

bool is_upper_hex(std::string_view text)
{
    return text.find_first_not_of("-0123456789ABCDEF") == text.npos;
}

bool is_digest(std::string_view text)
{
    return text.empty() ||
           (text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos);
}

bool is_rfc4514(std::string_view text)
{
    return !text.starts_with('/');
}

/// What values a variable has.
struct Range {
    std::string_view variable;
    bool (*has)(std::string_view value);
    const char *told;
};

constexpr const char *told_of_digests = "it is 64 lower-case hexadecimal digits";
constexpr const char *told_of_serials = "it is upper-case hexadecimal digits and nothing else";
constexpr const char *told_of_names = "it is written as RFC 4514 does, \"CN=Alice,O=Example,C=DE\"";

constexpr auto ranges = std::to_array<Range>({
    {"CLIENTCERT_VERIFY", is_state, "it is NONE, SUCCESS or FAILED"},
    {"SSL_CLIENT_VERIFY", is_told_by_mod_ssl,
     "it is NONE, SUCCESS or FAILED: with one of the reasons"},
    {"CLIENTCERT_REASON", is_reason, "it is one of the words that docs/directives.md lists"},
    {"CLIENTCERT_AUTH", is_authentication, "it is cert, basic or cert+basic"},
    {"CLIENTCERT_SERIAL", is_upper_hex, told_of_serials},
    {"SSL_CLIENT_M_SERIAL", is_upper_hex, told_of_serials},
    {"CLIENTCERT_SHA256", is_digest, told_of_digests},
    {"CLIENTCERT_SPKI_SHA256", is_digest, told_of_digests},
    {"CLIENTCERT_SUBJECT", is_rfc4514, told_of_names},
    {"CLIENTCERT_ISSUER", is_rfc4514, told_of_names},
});

}  // namespace

std::vector<Equality> equalities(std::string_view rule)
{
    std::vector<Equality> all;
    Scanner scanner{rule};
    return read_all(scanner, all, 0) && scanner.at_end() ? all : std::vector<Equality>{};
}

bool needs_certificate(const Equality &equality)
{
    return is_verdict(equality.variable) ? !has(equality, "NONE") : needs_success(equality);
}

bool needs_success(const Equality &equality)
{
    if (is_verdict(equality.variable))
        return equality.values == std::vector<std::string>{"SUCCESS"};
    return is_of_certificate(equality.variable) && !has(equality, "");
}

bool excludes_success(const Equality &equality)
{
    return is_verdict(equality.variable) && !has(equality, "SUCCESS");
}

std::string why_never(const Equality &equality)
{
    const auto range = std::ranges::find(ranges, equality.variable, &Range::variable);
    return range != ranges.end() && std::ranges::none_of(equality.values, range->has) ? range->told
                                                                                      : "";
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/require_lines.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"
#include "httpd/telling/portrait.hh"

#include <algorithm>
#include <set>

namespace clientcert::httpd {
namespace {

using json::JsonPtr;
using json::put;

/// One module's function among those of a hook; null where it has none.
template <typename Link>
auto function_of(const apr_array_header_t *links, std::string_view module) -> decltype(Link::pFunc)
{
    for (int i = 0; links != nullptr && i < links->nelts; ++i)
        if (const auto &link = reinterpret_cast<const Link *>(links->elts)[i];
            link.szName == module)
            return link.pFunc;
    return nullptr;
}

constexpr std::string_view access_compat = "mod_access_compat.c";
constexpr std::string_view authz_core = "mod_authz_core.c";
constexpr auto address_checkers = ap_hook_get_access_checker;
constexpr auto authorizers = ap_hook_get_auth_checker;
constexpr auto early_authorizers = ap_hook_get_access_checker_ex;

std::string text_of(const ap_directive_t &line)
{
    return std::string{line.directive} + ' ' + line.args;
}

bool is_require(const ap_directive_t &line)
{
    return is_word(line.directive, "Require");
}

bool is_group(const ap_directive_t &line)
{
    return ap_cstr_casecmpn(line.directive, "<Require", 8) == 0;
}

/// What the line asks for: "ip".
std::string_view kind_of(const ap_directive_t &line)
{
    std::string_view words{line.args};
    if (ap_cstr_casecmpn(words.data(), "not ", 4) == 0)
        words.remove_prefix(4);
    return words.substr(0, words.find_first_of(" \t"));
}

bool is_ours(const ap_directive_t &line)
{
    return kind_of(line).starts_with("clientcert");
}

/// Kinds of Require lines that only look. mod_authz_dbd's dbd-logout, for one, writes; and what a
/// script or another module does nobody knows.
constexpr std::string_view harmless[] = {
    "all",         "dbd-group",
    "denied",      "env",
    "expr",        "file-group",
    "file-owner",  "forward-dns",
    "granted",     "group",
    "host",        "ip",
    "ldap-dn",     "ldap-attribute",
    "ldap-filter", "ldap-group",
    "ldap-search", "ldap-user",
    "local",       "method",
    "ssl",         "ssl-verify-client",
    "user",        "valid-user",
};

/// The kind that `<AuthzProviderAlias KIND NAME ...>` gives a name to; the name itself where no
/// line does.
std::string_view unaliased(std::string_view name, apr_pool_t *pool)
{
    for (const auto *line = ap_conftree; line != nullptr; line = line->next) {
        if (!is_word(line->directive, "<AuthzProviderAlias"))
            continue;
        const char *words = line->args;
        const char *kind = ap_getword_conf(pool, &words);
        if (is_word(ap_getword_conf(pool, &words), name))
            return kind;
    }
    return name;
}

bool has_effects(const ap_directive_t &line, apr_pool_t *pool)
{
    const auto kind = unaliased(kind_of(line), pool);
    return !kind.starts_with("clientcert") &&
           std::ranges::none_of(harmless, [&](auto name) { return is_word(kind, name); });
}

using Lines = std::set<const ap_directive_t *>;

/// Lines of other modules, from there on.
void collect(const ap_directive_t *line, Lines &lines)
{
    for (; line != nullptr; line = line->next) {
        if (is_require(*line) && !is_ours(*line))
            lines.insert(line);
        else if (is_group(*line))
            collect(line->first_child, lines);
    }
}

/// Those in the section that a line of ours stands in.
void collect_beside(const ap_directive_t &line, Lines &lines)
{
    const auto *top = &line;
    while (top->parent != nullptr && is_group(*top->parent))
        top = top->parent;
    collect(top->parent != nullptr ? top->parent->first_child : top, lines);
}

JsonPtr line_of(const ap_directive_t &line)
{
    auto object = json::object();
    put(object, "text", json::text(text_of(line)));
    put(object, "file", json::text(line.filename));
    put(object, "line", json::number(static_cast<std::uint64_t>(line.line_num)));
    return object;
}

JsonPtr line_of(const AskedLine &asked)
{
    auto object = json::object();
    put(object, "text", json::text(asked.line.rule));
    put(object, "file", json::text(asked.line.file != nullptr ? asked.line.file : ""));
    put(object, "line", json::number(asked.line.line));
    put(object, "outcome", json::text(!asked.holds ? "error" : *asked.holds ? "holds" : "fails"));
    put(object, "against", json::boolean(asked.negated));
    put(object, "values", looks_of(asked.line.looks));
    if (asked.line.error != nullptr)
        put(object, "error", json::text(asked.line.error));
    return object;
}

int asked_as_if(request_rec &supposed, Hypothesis &hypothesis, Hypothesis::Pretence pretence)
{
    hypothesis.pretence = pretence;
    const int answer = ask_after_authentication(supposed);
    hypothesis.pretence = Hypothesis::Pretence::none;
    return answer;
}

/// Whose lines decide: what would be if all of ours stood for the client, or all against him.
std::string_view decider(request_rec &supposed, Hypothesis &hypothesis)
{
    using Pretence = Hypothesis::Pretence;
    const bool at_best = asked_as_if(supposed, hypothesis, Pretence::favourable) == OK;
    const bool at_worst = asked_as_if(supposed, hypothesis, Pretence::adverse) == OK;
    if (at_best == at_worst)
        return "others";
    return "certificate";
}

std::string_view word_of(int answer)
{
    switch (answer) {
    case OK:
        return "granted";
    case DECLINED:
        return "user-needed";
    case HTTP_INTERNAL_SERVER_ERROR:
        return "error";
    default:
        return "denied";
    }
}

}  // namespace

bool allows_address(request_rec &supposed)
{
    auto *ask = function_of<ap_LINK_access_checker_t>(address_checkers(), access_compat);
    const int answer = ask != nullptr ? ask(&supposed) : OK;
    return answer == OK || answer == DECLINED;
}

int ask_before_authentication(request_rec &supposed)
{
    auto *ask = function_of<ap_LINK_access_checker_ex_t>(early_authorizers(), authz_core);
    return ask != nullptr ? ask(&supposed) : OK;
}

int ask_after_authentication(request_rec &supposed)
{
    auto *ask = function_of<ap_LINK_auth_checker_t>(authorizers(), authz_core);
    return ask != nullptr ? ask(&supposed) : OK;
}

const char *overhear_require(cmd_parms *cmd, void *section, const char *) noexcept
{
    if (const char *error = nobody_else_listens(cmd, authz_core.data()))
        return error;
    if (!has_effects(*cmd->directive, cmd->temp_pool))
        return nullptr;
    keep_file_names(*cmd);
    static_cast<DirectoryConfig *>(section)->note_other(OtherLine::require_with_effects,
                                                        *cmd->directive);
    return nullptr;
}

const ap_directive_t *line_with_effects(const request_rec &supposed)
{
    return directory_config(supposed).other_line(OtherLine::require_with_effects);
}

JsonPtr unasked_lines(const ap_directive_t &because)
{
    auto object = json::object();
    put(object, "outcome", json::text("not-asked"));
    put(object, "lines", json::array());
    auto theirs = json::array();
    json::append(theirs, line_of(because));
    put(object, "others", std::move(theirs));
    put(object, "decided_by", json::text("others"));
    return object;
}

JsonPtr require_lines_of(request_rec &supposed, Hypothesis &hypothesis, int answer)
{
    auto object = json::object();
    put(object, "outcome", json::text(word_of(answer)));
    auto ours = json::array();
    Lines others;
    for (const auto &asked : hypothesis.lines) {
        json::append(ours, line_of(asked));
        collect_beside(*asked.directive, others);
    }
    put(object, "lines", std::move(ours));
    auto theirs = json::array();
    for (const auto *line : others)
        json::append(theirs, line_of(*line));
    put(object, "others", std::move(theirs));
    put(object, "decided_by", json::text(decider(supposed, hypothesis)));
    return object;
}

}  // namespace clientcert::httpd

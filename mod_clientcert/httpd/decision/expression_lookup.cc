// SPDX-License-Identifier: Apache-2.0
// ap_expr asks for each name once, while it parses, and calls what it was given at each
// evaluation. In expressions of our own, everything that it is given notes in the Trace what it
// answered; in expressions of others, the context's `data` is not ours.
#include "httpd/decision/expression_lookup.hh"

#include "httpd/barrier.hh"
#include "httpd/config/registry.hh"
#include "httpd/decision/expression.hh"
#include "httpd/request.hh"

#include <clientcert/selector.hh>

#include <algorithm>
#include <array>
#include <bit>
#include <initializer_list>
#include <string_view>

namespace clientcert::httpd {
namespace {

/// A function of somebody else, called through ours.
struct Foreign {
    const char *name;
    const void *function;
    const void *data;
};

/// Not cstr_casecmp: prefixes are views.
bool starts_with(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() &&
           ap_cstr_casecmpn(text.data(), prefix.data(), prefix.size()) == 0;
}

bool is_ours(std::string_view name)
{
    return starts_with(name, "SSL_CLIENT_") || starts_with(name, "CLIENTCERT_");
}

const NumberedVariable *numbered(apr_pool_t *pool, Variable variable)
{
    if (auto *registry = Registry::find(pool))
        return registry->number(std::move(variable));
    return pool_new<NumberedVariable>(pool, std::move(variable), no_slot);
}

Trace &trace_of(const ap_expr_eval_ctx_t &context)
{
    return *static_cast<Trace *>(context.data);
}

const char *value(const ap_expr_eval_ctx_t &context, const NumberedVariable &variable)
{
    return context.r != nullptr ? value_of(*context.r, variable)
                                : value_of(*context.c, *context.s, variable.variable, context.p);
}

// Called by ap_expr. An exception becomes an error of the evaluation, not an empty value: a rule
// may well ask for something not to be there.

const char *our_variable(ap_expr_eval_ctx_t *context, const void *data)
{
    const auto &variable = *static_cast<const NumberedVariable *>(data);
    const char *text = value(*context, variable);
    trace_of(*context).note(variable.variable.name().c_str(), text);
    return text;
}

const char *variable_for_others(ap_expr_eval_ctx_t *context, const void *data)
{
    return value(*context, *static_cast<const NumberedVariable *>(data));
}

/// Names of what people send to prove themselves; what stands in files is nobody's business either.
constexpr auto secrets = std::to_array<const char *>({
    "authorization",
    "cookie",
    "credential",
    "pass",
    "pwd",
    "secret",
    "token",
    "jwt",
    "-key",
    "api_key",
    "apikey",
    "session-id",
    "session_id",
});

void note(Trace &trace, const char *name, const char *text)
{
    const bool secret = starts_with(name, "file:") || is_secret(name);
    trace.note(name, secret && text != nullptr && *text != '\0' ? "(not told)" : text);
}

const char *foreign_variable(ap_expr_eval_ctx_t *context, const void *data)
{
    const auto &foreign = *static_cast<const Foreign *>(data);
    auto *function = std::bit_cast<ap_expr_var_func_t *>(foreign.function);
    const char *text = function(context, foreign.data);
    note(trace_of(*context), foreign.name, text);
    return text;
}

const char *foreign_function(ap_expr_eval_ctx_t *context, const void *data, const char *argument)
{
    const auto &foreign = *static_cast<const Foreign *>(data);
    auto *function = std::bit_cast<ap_expr_string_func_t *>(foreign.function);
    const char *text = function(context, foreign.data, argument);
    const char *name = apr_pstrcat(context->p, foreign.name, ":", argument, nullptr);
    note(trace_of(*context), name, text);
    return text;
}

/// mod_ssl's SSL('...') would tell values of unverified certificates.
const char *ssl_function(ap_expr_eval_ctx_t *context, const void *data, const char *argument)
{
    if (argument == nullptr || !is_ours(argument))
        return foreign_function(context, data, argument);
    auto variable = Variable::named(argument);
    if (!variable) {
        *context->err =
            apr_pstrcat(context->p, "no certificate variable is called '", argument, "'", nullptr);
        return nullptr;
    }
    const char *text = value(*context, NumberedVariable{std::move(*variable), no_slot});
    trace_of(*context).note(apr_pstrdup(context->p, argument), text);
    return text;
}

apr_array_header_t *pool_list(apr_pool_t *pool, const std::vector<std::string> &texts)
{
    auto *list = apr_array_make(pool, static_cast<int>(texts.size()), sizeof(const char *));
    for (const auto &text : texts)
        APR_ARRAY_PUSH(list, const char *) = pool_copy(pool, text);
    return list;
}

apr_array_header_t *selected(ap_expr_eval_ctx_t *context, const void *data, const char *argument)
{
    const auto *parsed = static_cast<const Selector *>(data);
    const auto late = parsed != nullptr || argument == nullptr
                          ? Result<Selector>{Error{"no selector"}}
                          : Selector::parse(argument);
    if (parsed == nullptr && !late) {
        *context->err = apr_pstrcat(context->p, "clientcert(): ", late.error().c_str(), nullptr);
        return nullptr;
    }
    const auto client = client_of(context->r, *context->c, *context->s);
    return pool_list(context->p, (parsed != nullptr ? *parsed : *late).values(*client));
}

apr_array_header_t *our_selected(ap_expr_eval_ctx_t *context, const void *data,
                                 const char *argument)
{
    auto *list = selected(context, data, argument);
    const char *joined = list != nullptr ? apr_array_pstrcat(context->p, list, ',') : "";
    const char *name = apr_pstrcat(context->p, "clientcert('", argument, "')", nullptr);
    trace_of(*context).note(name, joined);
    return list;
}

apr_array_header_t *peer_extensions(ap_expr_eval_ctx_t *context, const void *, const char *argument)
{
    const auto client = client_of(context->r, *context->c, *context->s);
    const auto *certificate = client->certificate();
    const auto texts =
        certificate && argument ? certificate->extensions(argument) : std::vector<std::string>{};
    auto *list = texts.empty() ? nullptr : pool_list(context->p, texts);
    const char *joined = list != nullptr ? apr_array_pstrcat(context->p, list, ',') : "";
    const char *name = apr_pstrcat(context->p, "PeerExtList('", argument, "')", nullptr);
    trace_of(*context).note(name, joined);
    return list;
}

template <typename Function>
void give(ap_expr_lookup_parms &parms, Function *function, const void *data)
{
    *parms.func = reinterpret_cast<const void *>(function);
    *parms.data = data;
}

int refuse(ap_expr_lookup_parms &parms, const std::string &message)
{
    *parms.err = pool_copy(parms.ptemp, message);
    return HTTP_INTERNAL_SERVER_ERROR;
}

int look_up_certificate_variable(ap_expr_lookup_parms &parms, ap_expr_var_func_t *function)
{
    auto variable = Variable::named(parms.name);
    if (!variable)
        return refuse(parms, std::string{"no certificate variable is called '"} + parms.name +
                                 "'; docs/directives.md and the manual of mod_ssl list them");
    give(parms, function, numbered(parms.pool, std::move(*variable)));
    return OK;
}

int look_up_selector(ap_expr_lookup_parms &parms, ap_expr_list_func_t *function)
{
    const Selector *parsed = nullptr;
    if (parms.arg != nullptr) {
        auto selector = Selector::parse(parms.arg);
        if (!selector)
            return refuse(parms, "clientcert(): " + selector.error());
        parsed = pool_new<Selector>(parms.pool, *std::move(selector));
    }
    give(parms, function, parsed);
    return OK;
}

bool is_one_of(const char *name, std::initializer_list<const char *> names)
{
    return std::ranges::any_of(names,
                               [&](const char *one) { return ap_cstr_casecmp(name, one) == 0; });
}

/// Whether the function or operator looks at nothing but what it is given.
bool is_pure(const ap_expr_lookup_parms &parms)
{
    switch (parms.type) {
    case AP_EXPR_FUNC_STRING:
        return is_one_of(parms.name, {"tolower", "toupper", "escape", "unescape", "base64",
                                      "unbase64", "md5", "sha1", "ldap", "replace"});
    case AP_EXPR_FUNC_OP_UNARY:
        return is_one_of(parms.name, {"n", "z", "T"});
    case AP_EXPR_FUNC_OP_BINARY:
        return is_one_of(parms.name, {"fnmatch", "strmatch", "strcmatch"});
    default:
        return false;
    }
}

/// Leaves the rest to httpd and the other modules, and puts our note-taking around it.
int look_up_foreign(ap_expr_lookup_parms &parms, Lookups &lookups)
{
    const int result = ap_expr_lookup_default(&parms);
    if (result != OK || is_pure(parms))
        return result;
    lookups.constant = false;
    if (parms.type == AP_EXPR_FUNC_VAR && is_one_of(parms.name, {"REMOTE_USER", "AUTH_TYPE"}))
        lookups.asks_for_user = true;
    const auto *foreign = pool_new<Foreign>(parms.pool, apr_pstrdup(parms.pool, parms.name),
                                            *parms.func, *parms.data);
    if (parms.type == AP_EXPR_FUNC_VAR)
        give(parms, guarded<foreign_variable, nullptr>, foreign);
    else if (parms.type == AP_EXPR_FUNC_STRING)
        give(parms,
             is_one_of(parms.name, {"SSL"}) ? guarded<ssl_function, nullptr>
                                            : guarded<foreign_function, nullptr>,
             foreign);
    return OK;
}

}  // namespace

bool is_secret(const char *name)
{
    return std::ranges::any_of(
        secrets, [name](const char *one) { return ap_strcasestr(name, one) != nullptr; });
}

const char *unquoted_expression(apr_pool_t *pool, const char *line)
{
    const char quote = *line;
    if (quote != '"' && quote != '\'')
        return apr_pstrdup(pool, line);
    std::string text;
    for (const char *c = line + 1; *c != '\0'; ++c) {
        if (*c == quote)
            return c[1] == '\0' ? pool_copy(pool, text) : apr_pstrdup(pool, line);
        if (*c == '\\' && c[1] == quote)
            ++c;
        text += *c;
    }
    return apr_pstrdup(pool, line);
}

int look_up_for_us(ap_expr_lookup_parms *parms)
{
    void *found = nullptr;
    apr_pool_userdata_get(&found, Lookups::key, parms->ptemp);
    auto &lookups = *static_cast<Lookups *>(found);
    lookups.fixed = lookups.fixed && is_pure(*parms);

    if (parms->type == AP_EXPR_FUNC_VAR && is_ours(parms->name)) {
        const int result = look_up_certificate_variable(*parms, guarded<our_variable, nullptr>);
        if (result == OK) {
            const auto *variable = static_cast<const NumberedVariable *>(*parms->data);
            lookups.constant = lookups.constant && variable->variable.constant();
            lookups.asks_for_user = lookups.asks_for_user || variable->variable.is_authentication();
        }
        return result;
    }
    if (parms->type == AP_EXPR_FUNC_LIST && is_one_of(parms->name, {"clientcert"}))
        return look_up_selector(*parms, guarded<our_selected, nullptr>);
    // OID() is what httpd 2.2 called it; the rules of that time have to go on working.
    if (parms->type == AP_EXPR_FUNC_LIST && is_one_of(parms->name, {"PeerExtList", "OID"})) {
        give(*parms, guarded<peer_extensions, nullptr>, nullptr);
        return OK;
    }
    return look_up_foreign(*parms, lookups);
}

int look_up_for_others(ap_expr_lookup_parms *parms)
{
    if (parms->type == AP_EXPR_FUNC_VAR && starts_with(parms->name, "CLIENTCERT_"))
        return look_up_certificate_variable(*parms, guarded<variable_for_others, nullptr>);
    if (parms->type == AP_EXPR_FUNC_LIST && is_one_of(parms->name, {"clientcert"}))
        return look_up_selector(*parms, guarded<selected, nullptr>);
    return DECLINED;
}

}  // namespace clientcert::httpd

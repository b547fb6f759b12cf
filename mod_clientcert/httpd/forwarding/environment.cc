// SPDX-License-Identifier: Apache-2.0
#include "httpd/forwarding/environment.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"
#include "httpd/request.hh"
#include "httpd/telling/error_page.hh"

#include <string_view>

namespace clientcert::httpd {
namespace {

constexpr auto switches = std::to_array<Choice<bool>>({{"On", true}, {"Off", false}});

constexpr const char *reason_name = "CLIENTCERT_REASON";
constexpr std::string_view name_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/// A subrequest begins with the environment of the page around it, whose section may have said
/// otherwise; and SetEnvIf can say anything.
void forget_variables(apr_table_t &environment)
{
    std::vector<const char *> found;
    const auto *array = apr_table_elts(&environment);
    const auto *entries = reinterpret_cast<const apr_table_entry_t *>(array->elts);
    for (int i = 0; i < array->nelts; ++i)
        if (const std::string_view name{entries[i].key};
            name.starts_with("CLIENTCERT_") && Variable::named(name))
            found.push_back(entries[i].key);
    for (const char *name : found)
        apr_table_unset(&environment, name);
}

}  // namespace

void Env::read(cmd_parms &, Value &value, Words words)
{
    value.set(chosen(switches, joined(words)));
}

const char *overhear_log_format(cmd_parms *cmd, void *, const char *line) noexcept
{
    if (const char *error = nobody_else_listens(cmd, "mod_log_config.c"))
        return error;
    std::string_view rest{line};
    for (auto at = rest.find("CLIENTCERT_"); at != rest.npos; at = rest.find("CLIENTCERT_")) {
        rest.remove_prefix(at);
        const auto name = rest.substr(0, rest.find_first_not_of(name_characters));
        server_config(*cmd->server).registry->logged.emplace(name);
        rest.remove_prefix(name.size());
    }
    return nullptr;
}

void set_environment(request_rec &r)
{
    if (!directory_config(r).get<Env>().value)
        return;
    auto *environment = r.subprocess_env;
    forget_variables(*environment);
    // All these names begin alike: setting each would compare it with all those before it.
    for (const auto &[name, value] : client_of(r).environment())
        apr_table_addn(environment, name.c_str(), value.c_str());
    if (const auto reason = denial_reason(r))
        apr_table_setn(environment, reason_name, word(*reason).data());
    for (const char *name : {"CLIENTCERT_USER", "CLIENTCERT_AUTH"})
        if (const char *value = value_of(r, NumberedVariable{*Variable::named(name), no_slot});
            *value != '\0')
            apr_table_setn(environment, name, value);
    tell_denial(r);
}

void set_logged_variables(request_rec &first)
{
    const auto &registry = *server_config(*first.server).registry;
    // The line is written of the last request in a chain of internal redirects.
    auto *r = &first;
    while (r->next != nullptr)
        r = r->next;
    for (const auto &name : registry.logged) {
        const auto variable = Variable::named(name);
        if (!variable)
            continue;
        const char *value = value_of(*r, NumberedVariable{*variable, no_slot});
        if (*value != '\0')
            apr_table_set(r->subprocess_env, name.c_str(), value);
    }
}

}  // namespace clientcert::httpd

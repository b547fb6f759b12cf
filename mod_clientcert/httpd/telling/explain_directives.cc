// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/explain_directives.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"
#include "httpd/decision/expression_lookup.hh"
#include "httpd/request.hh"

#include <stdexcept>

namespace clientcert::httpd {
namespace {

using Mode = Explain::Mode;

constexpr auto modes = std::to_array<Choice<Mode>>({
    {"off", Mode::off},
    {"log", Mode::log},
    {"page", Mode::page},
});

/// Whether an .htaccess file takes part in the request.
bool has_htaccess(const request_rec &r)
{
    for (const auto *one = r.htaccess; one != nullptr; one = one->next)
        if (one->htaccess != nullptr)  // httpd notes where there is none, too
            return true;
    return false;
}

/// While it lives the request says nothing of itself that somebody may have made up.
class Doubting {
public:
    explicit Doubting(request_rec &r)
        : request_{r}, user_{r.user}, type_{r.ap_auth_type},
          environment_{r.subprocess_env}, notes_{r.notes}
    {
        const bool by_others = has_htaccess(r);
        // mod_auth_basic and others set the user before they know whether it is he.
        if (by_others || authenticated(r) == nullptr) {
            r.user = nullptr;
            r.ap_auth_type = nullptr;
        }
        // Who writes .htaccess files can have passwords and environment variables of his own.
        if (by_others) {
            r.subprocess_env = apr_table_make(r.pool, 0);
            r.notes = apr_table_make(r.pool, 0);
        }
    }
    ~Doubting()
    {
        request_.user = user_;
        request_.ap_auth_type = type_;
        request_.subprocess_env = environment_;
        request_.notes = notes_;
    }
    Doubting(const Doubting &) = delete;
    Doubting &operator=(const Doubting &) = delete;

private:
    request_rec &request_;
    char *user_;
    char *type_;
    apr_table_t *environment_;
    apr_table_t *notes_;
};

}  // namespace

void Explain::read(cmd_parms &, Value &value, const char *word)
{
    value.set(chosen(modes, word));
}

void ExplainTo::read(cmd_parms &cmd, Value &value, RawArguments line)
{
    const char *text = unquoted_expression(cmd.pool, line.text);
    if (*text == '\0')
        throw std::invalid_argument{"takes an expression such as %{CLIENTCERT_USER} in "
                                    "{\"alice\"}, not nothing"};
    auto expression = Expression::parse(cmd, text, Expression::Kind::rule);
    if (!expression)
        throw std::invalid_argument{"takes an expression as ClientCertRequire does, not '" +
                                    std::string{text} + "': " + expression.error()};
    value.set(pool_new<Expression>(cmd.pool, *std::move(expression)));
}

Mode explain_mode(const request_rec &r)
{
    return directory_config(r).get<Explain>().value;
}

bool may_see_rules(request_rec &r)
{
    const auto *expression = server_config(*r.server).settings.get<ExplainTo>().value;
    if (expression == nullptr)
        return false;
    const Doubting doubting{r};
    Trace trace;
    const char *error = nullptr;
    return expression->holds(r, trace, error).value_or(false);  // ap_expr logs what is wrong
}

}  // namespace clientcert::httpd

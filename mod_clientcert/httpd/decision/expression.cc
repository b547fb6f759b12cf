// SPDX-License-Identifier: Apache-2.0
#include "httpd/decision/expression.hh"

#include "httpd/barrier.hh"
#include "httpd/decision/expression_lookup.hh"

#include <array>

namespace clientcert::httpd {
namespace {

/// ap_expr calls back without a context of ours while it parses, so the pool of the parser leads
/// to it.
class Parsing {
public:
    Parsing(apr_pool_t *pool, Lookups &lookups) : pool_{pool}
    {
        apr_pool_userdata_setn(&lookups, Lookups::key, nullptr, pool_);
    }
    ~Parsing() { apr_pool_userdata_setn(nullptr, Lookups::key, nullptr, pool_); }
    Parsing(const Parsing &) = delete;
    Parsing &operator=(const Parsing &) = delete;

private:
    apr_pool_t *pool_;
};

unsigned flags_for(const cmd_parms &cmd, Expression::Kind kind)
{
    unsigned flags = 0;
    if (kind == Expression::Kind::rule)
        flags |= AP_EXPR_FLAG_SSL_EXPR_COMPAT;
    if (kind == Expression::Kind::text)
        flags |= AP_EXPR_FLAG_STRING_RESULT;
    // Whoever may write an .htaccess file need not be allowed to read the server's files.
    if (ap_check_cmd_context(const_cast<cmd_parms *>(&cmd), NOT_IN_HTACCESS) != nullptr)
        flags |= AP_EXPR_FLAG_RESTRICTED;
    return flags;
}

/// What ap_expr_exec does, with the trace beside it.
int execute(request_rec &r, const ap_expr_info_t *info, Trace &trace, const char *&error,
            const char **result)
{
    std::array<ap_regmatch_t, AP_MAX_REG_MATCH> matches{};
    const char *source = nullptr;
    const char *vary = nullptr;
    ap_expr_eval_ctx_t context{};
    context.r = &r;
    context.c = r.connection;
    context.s = r.server;
    context.p = r.pool;
    context.err = &error;
    context.info = info;
    context.re_pmatch = matches.data();
    context.re_nmatch = matches.size();
    context.re_source = &source;
    context.vary_this = &vary;
    context.result_string = result;
    context.data = &trace;
    return ap_expr_exec_ctx(&context);
}

}  // namespace

void Trace::note(const char *name, const char *value)
{
    const char *text = value != nullptr ? value : "";
    saw_empty = saw_empty || *text == '\0';
    if (record)
        looks.push_back({name, text});
}

Expression::Expression(const ap_expr_info_t *info, const char *source, const Lookups &lookups)
    : info_{info}, source_{source}, constant_{lookups.constant},
      asks_for_user_{lookups.asks_for_user}, fixed_{lookups.fixed}
{
}

Result<Expression> Expression::parse(cmd_parms &cmd, const char *text, Kind kind)
{
    const char *error = nullptr;
    Lookups lookups;
    const Parsing parsing{cmd.temp_pool, lookups};
    constexpr auto look_up = guarded<look_up_for_us, HTTP_INTERNAL_SERVER_ERROR>;
    const auto *info = ap_expr_parse_cmd(&cmd, text, flags_for(cmd, kind), &error, look_up);
    if (error != nullptr)
        return Error{error};
    return Expression{info, text, lookups};
}

std::optional<bool> Expression::holds(request_rec &r, Trace &trace, const char *&error) const
{
    const int outcome = execute(r, info_, trace, error, nullptr);
    return outcome < 0 ? std::nullopt : std::optional{outcome > 0};
}

const char *Expression::text(request_rec &r, Trace &trace, const char *&error) const
{
    const char *result = nullptr;
    return execute(r, info_, trace, error, &result) > 0 ? result : nullptr;
}

}  // namespace clientcert::httpd

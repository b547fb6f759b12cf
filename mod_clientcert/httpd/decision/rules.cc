// SPDX-License-Identifier: Apache-2.0
#include "httpd/decision/rules.hh"

#include "httpd/config/directives.hh"
#include "httpd/decision/denial.hh"
#include "httpd/decision/refusal.hh"
#include "httpd/evidence/tls.hh"
#include "httpd/request.hh"

#include <stdexcept>

namespace clientcert::httpd {
namespace {

// Cold, as is the next one: a request whose rules are all known gets by without their stack frames.
[[gnu::cold]] bool evaluated(request_rec &r, const Rule &rule)
{
    const Client &client = client_of(r);
    Trace trace;
    const char *error = nullptr;
    const auto outcome = rule.expression.holds(r, trace, error);
    if (outcome)
        client.remember(rule.slot, *outcome);
    return outcome.value_or(false);
}

bool holds(request_rec &r, const Rule &rule)
{
    const auto known = peek_client(r).outcome(rule.slot);
    return known ? *known : evaluated(r, rule);
}

/// Evaluates the rule once more, to tell what it looked at.
[[gnu::cold]] void deny_by(request_rec &r, const Rule &rule)
{
    const auto &expression = rule.expression;
    Trace trace{.record = true};
    const char *error = nullptr;
    expression.holds(r, trace, error);
    deny(r, {Refusal{expression.source(), expression.file(), expression.line(),
                     std::move(trace.looks), error}});
}

enum class When { before_authentication, after_it };

int enforce(request_rec &r, When when)
{
    const auto &rules = directory_config(r).get<Require>();
    if (!rules.empty())
        keep_out_of_caches(r);
    for (const Rule *rule : rules) {
        if (when == When::before_authentication && rule->expression.asks_for_user())
            continue;
        if (!holds(r, *rule)) {
            // The error page of a refusal, refused in turn: that line is written.
            if (r.prev != nullptr && denial_reason(*r.prev))
                return HTTP_FORBIDDEN;
            deny_by(r, *rule);
            return HTTP_FORBIDDEN;
        }
    }
    return DECLINED;
}

}  // namespace

void Require::read(cmd_parms &cmd, Value &value, RawArguments line)
{
    const char *text = apr_pstrdup(cmd.pool, line.text);
    const std::string_view whole{text};
    if (whole.empty() || whole == "\"\"")
        throw std::invalid_argument{"takes an expression such as %{SSL_CLIENT_S_DN_O} eq "
                                    "\"Example\", not " +
                                    (whole.empty() ? "nothing" : std::string{whole})};
    if (whole.front() == '"' && whole.find('"', 1) == whole.size() - 1)
        throw std::invalid_argument{
            "takes an expression that is not put in quotes as a whole, not " + std::string{whole}};
    auto expression = Expression::parse(cmd, text, Expression::Kind::rule);
    if (!expression)
        throw std::invalid_argument{"takes an expression as SSLRequire does, not '" +
                                    std::string{text} + "': " + expression.error()};
    auto *registry = Registry::find(cmd.pool);
    const bool kept = expression->constant() && registry != nullptr;
    const std::size_t slot = kept ? registry->new_outcome_slot() : no_slot;
    value.add(cmd.pool, pool_new<Rule>(cmd.pool, *std::move(expression), slot));
}

int require(request_rec *r)
{
    notice_handshakes(*r);
    strip_merged_trailers(*r);
    // Under `Satisfy Any` this 403 would not be the last word, only a second line in the log.
    if (ap_satisfies(r) == SATISFY_ANY)
        return DECLINED;
    const int refused = refuse_by_verdict(*r);
    return refused == DECLINED ? enforce(*r, When::before_authentication) : refused;
}

int require_again(request_rec *r)
{
    forget_refusals(*r);
    // Under `Satisfy Any` another module may have refused before the access check came to us.
    if (ap_satisfies(r) == SATISFY_ANY) {
        notice_handshakes(*r);
        if (const int refused = refuse_by_verdict(*r); refused != DECLINED)
            return refused;
    }
    return enforce(*r, When::after_it);
}

}  // namespace clientcert::httpd

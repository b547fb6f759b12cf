// SPDX-License-Identifier: Apache-2.0
// The checks of this module, one after the other as a request meets them. Of the others only
// mod_authz_core and mod_access_compat are asked; what they say of addresses and the like is said
// of the asker.
#include "httpd/telling/decision.hh"

#include "httpd/config/directives.hh"
#include "httpd/decision/refusal.hh"
#include "httpd/request.hh"
#include "httpd/telling/checks.hh"
#include "httpd/telling/portrait.hh"
#include "httpd/telling/require_lines.hh"
#include "httpd/users/users.hh"

namespace clientcert::httpd {
namespace {

using json::JsonPtr;
using json::put;

/// How it ends, and who says so. The first refusal stands.
struct Outcome {
    int status = HTTP_OK;
    Reason reason = Reason::none;
    std::string text = "Nothing of this module stands against the request.";

    bool is_open() const { return status == HTTP_OK; }
    void end(int with, Reason why, std::string said)
    {
        if (is_open())
            *this = {with, why, std::move(said)};
    }
};

Reason reason_of(request_rec &r)
{
    return denial_reason(r).value_or(Reason::rule);
}

/// A certificate that is bad is the reason itself, as in a denial.
Reason reason_unless_bad(request_rec &r, Reason otherwise)
{
    const Verdict &verdict = client_of(r).verdict();
    return verdict.state == Verdict::State::failed ? verdict.reason : otherwise;
}

struct Evaluated {
    std::optional<bool> holds;
    JsonPtr json;
};

Evaluated evaluated(request_rec &r, const Rule &rule)
{
    const auto &expression = rule.expression;
    Trace trace{.record = true};
    const char *error = nullptr;
    const auto holds = expression.holds(r, trace, error);
    auto object = json::object();
    put(object, "text", json::text(expression.source()));
    put(object, "file", json::text(expression.file()));
    put(object, "line", json::number(expression.line()));
    put(object, "outcome", json::text(!holds ? "error" : *holds ? "holds" : "fails"));
    put(object, "values", looks_of(trace.looks));
    put(object, "by_certificate_alone", json::boolean(expression.constant()));
    if (error != nullptr)
        put(object, "error", json::text(error));
    return {holds, std::move(object)};
}

/// Those that need no user come before authentication, as in `enforce`; all are told.
class Rules {
public:
    explicit Rules(request_rec &r) : r_{r} {}

    void ask(bool has_user, Outcome &outcome)
    {
        for (const Rule *rule : directory_config(r_).get<Require>()) {
            if (rule->expression.asks_for_user() != has_user)
                continue;
            auto [holds, object] = evaluated(r_, *rule);
            json::append(told_, std::move(object));
            if (!holds.value_or(false))
                outcome.end(HTTP_FORBIDDEN,
                            reason_unless_bad(r_, holds ? Reason::rule : Reason::error),
                            std::string{"ClientCertRequire "} + rule->expression.source());
        }
    }
    JsonPtr told() { return std::move(told_); }

private:
    request_rec &r_;
    JsonPtr told_ = json::array();
};

void ask_level(request_rec &r, Outcome &outcome)
{
    const int status = refuse_by_verdict(r);
    if (status != DECLINED)
        outcome.end(status, reason_of(r), "The verdict on the certificate.");
}

constexpr const char *no_password = "No password is asked for.";

/// The user, where the certificate alone makes one; otherwise what a password would be for.
std::string authenticate(request_rec &r, Outcome &outcome)
{
    const char *type = ap_auth_type(&r);
    const std::string scheme = type != nullptr ? type : "none";
    const int status = httpd::authenticate(&r);
    if (status == OK) {
        note_authenticated(r);
        return std::string{"No password is asked for: the user is "} + r.user + '.';
    }
    if (status != DECLINED) {
        outcome.end(status, reason_of(r), "Nobody is authenticated by this certificate.");
        return no_password;
    }
    if (type == nullptr) {
        outcome.end(HTTP_INTERNAL_SERVER_ERROR, Reason::error, "There is no AuthType.");
        return no_password;
    }
    outcome.end(HTTP_UNAUTHORIZED, Reason::password,
                "A password is asked for (AuthType " + scheme + ").");
    switch (directory_config(r).get<BasicAuth>().value) {
    case BasicAuth::Mode::same_user:
        return "A password is asked for, which has to be that of the certificate's user.";
    case BasicAuth::Mode::both:
        return "A password is asked for, of any user.";
    default:
        return "A password is asked for (AuthType " + scheme +
               "); what the Require lines say of its user is not known here.";
    }
}

/// With Satisfy Any an address that is allowed is enough, but where a password is wanted beside a
/// certificate.
bool is_let_in_by_address(request_rec &r)
{
    const auto mode = directory_config(r).get<BasicAuth>().value;
    const bool wants_both = mode == BasicAuth::Mode::both || mode == BasicAuth::Mode::same_user;
    return ap_satisfies(&r) == SATISFY_ANY && allows_address(r) && !wants_both;
}

/// In the order of httpd: who is let in without a user is not asked for one.
int ask_require_lines(request_rec &r, Outcome &outcome, std::string &password)
{
    int answer = ask_before_authentication(r);
    if (answer == DECLINED || (answer == OK && force_password(&r) == OK)) {
        password = authenticate(r, outcome);
        if (r.user != nullptr)
            answer = ask_after_authentication(r);
    }
    if (answer != OK && answer != DECLINED)
        outcome.end(answer == HTTP_UNAUTHORIZED && r.user != nullptr ? HTTP_FORBIDDEN : answer,
                    reason_unless_bad(r, Reason::rule), "The Require lines.");
    return answer;
}

JsonPtr ask_authorization(request_rec &r, Hypothesis &hypothesis, Outcome &outcome,
                          std::string &password)
{
    password = no_password;
    if (ap_satisfies(&r) != SATISFY_ANY && !allows_address(r))
        outcome.end(HTTP_FORBIDDEN, Reason::rule,
                    "The Allow and Deny lines: they look at your own request.");
    const bool let_in = is_let_in_by_address(r);
    if (const auto *line = line_with_effects(r)) {
        if (!let_in)
            outcome.end(HTTP_NOT_IMPLEMENTED, Reason::error,
                        "It cannot be told: a Require line of another module may do more than "
                        "answer, so none was asked.");
        return unasked_lines(*line);
    }
    Outcome otherwise = outcome;
    const int answer = ask_require_lines(r, let_in ? otherwise : outcome, password);
    if (let_in)
        r.user = nullptr;  // nobody is asked who he is
    if (let_in && outcome.is_open() && !otherwise.is_open())
        outcome.text = "The Require lines stand against it, but with Satisfy Any your address, "
                       "which is allowed, is enough.";
    return require_lines_of(r, hypothesis, answer);
}

JsonPtr headers_out(request_rec &r, Outcome &outcome)
{
    if (!outcome.is_open())
        return json::null();
    if (set_headers(&r) != DECLINED)
        outcome.end(HTTP_INTERNAL_SERVER_ERROR, Reason::error,
                    "The headers for the application would be too large.");
    return headers_of(r);
}

JsonPtr outcome_of(request_rec &r, const Outcome &outcome)
{
    auto object = json::object();
    put(object, "status", json::number(static_cast<std::uint64_t>(outcome.status)));
    put(object, "reason", json::text(word(outcome.reason)));
    put(object, "text", json::text(outcome.text));
    put(object, "user", json::text(r.user != nullptr ? r.user : identity_of(r).user.c_str()));
    return object;
}

void note_handshake(const JsonPtr &decision, const Handshake &handshake, Outcome &outcome)
{
    auto object = json::object();
    put(object, "fails", json::boolean(handshake.fails));
    put(object, "reason", json::text(word(handshake.reason)));
    put(object, "text", json::text(handshake.text));
    put(decision, "handshake", std::move(object));
    if (handshake.fails)
        outcome.end(0, handshake.reason, handshake.text);
}

void add_places(const JsonPtr &decision, request_rec &r, Hypothesis &hypothesis, Outcome &outcome)
{
    ask_level(r, outcome);
    Rules rules{r};
    rules.ask(false, outcome);
    std::string password;
    auto require = ask_authorization(r, hypothesis, outcome, password);
    rules.ask(true, outcome);
    put(decision, "rules", rules.told());
    put(decision, "require", std::move(require));
    put(decision, "password", json::text(password));
    put(decision, "satisfy_any", json::boolean(ap_satisfies(&r) == SATISFY_ANY));
    put(decision, "users", users_of(r, true));
    put(decision, "headers", headers_out(r, outcome));
    put(decision, "variables", variables_of(r));
}

}  // namespace

JsonPtr decision_of(const Supposed &supposed, Hypothesis &hypothesis)
{
    auto decision = json::object();
    request_rec &r = supposed.request();
    Outcome outcome;
    put(decision, "verdict", verdict_of(r));
    put(decision, "verification", verification_of(r, hypothesis));
    put(decision, "revocation", revocation_of(r, hypothesis));
    note_handshake(decision, handshake_of(r, hypothesis), outcome);
    if (const auto answer = supposed.answer())
        outcome.end(*answer, Reason::none,
                    "httpd or another module answers before any rule is known.");
    else
        add_places(decision, r, hypothesis, outcome);
    put(decision, "outcome", outcome_of(r, outcome));
    return decision;
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// A line that is not fulfilled need not deny the request: others may stand beside it. So it is
// noted, and told when the request turns out to be denied.
#include "httpd/decision/authz.hh"

#include "httpd/barrier.hh"
#include "httpd/config/config.hh"
#include "httpd/config/registry.hh"
#include "httpd/config/words.hh"
#include "httpd/decision/denial.hh"
#include "httpd/decision/expression_lookup.hh"
#include "httpd/evidence/tls.hh"
#include "httpd/request.hh"
#include "httpd/telling/hypothesis.hh"

#include <clientcert/san_pattern.hh>

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

/// What the line asks of a client; `trace` takes what was looked at.
using Test = std::function<std::optional<bool>(request_rec &, const Client &, Trace &trace,
                                               const char *&error)>;

struct Requirement {
    Test test;
    const char *text;
    const char *file;
    unsigned line;
    std::size_t slot;
    bool asks_for_user;
    bool negated;  ///< whether it stands against those who fulfil it
    const ap_directive_t *directive;
};

/// A test that asks nothing but the certificate.
struct Parsed {
    Test test;
    bool constant = true;
    bool asks_for_user = false;  ///< who has been authenticated
};

[[noreturn]] void reject(const std::string &message)
{
    throw std::invalid_argument{message};
}

void look(Trace &trace, const char *name, const std::string &value)
{
    if (trace.record)
        trace.looks.push_back({name, value});
}

// Each makes the test of one kind of line, or throws what is wrong with it.

Parsed any_certificate(cmd_parms &, const char *line)
{
    if (*line != '\0')
        reject("takes no arguments, not '" + std::string{line} + "'");
    return {[](request_rec &, const Client &client, Trace &trace, const char *&) {
        look(trace, "CLIENTCERT_VERIFY", std::string{word(client.verdict().state)});
        return client.certificate() != nullptr;
    }};
}

Parsed expression(cmd_parms &cmd, const char *line)
{
    const char *text = unquoted_expression(cmd.pool, line);
    if (*text == '\0')
        reject("takes an expression");
    const auto parsed = Expression::parse(cmd, text, Expression::Kind::rule);
    if (!parsed)
        reject("takes an expression, not '" + std::string{text} + "': " + parsed.error());
    return {
        [expression = *parsed](request_rec &r, const Client &, Trace &trace, const char *&error) {
            return expression.holds(r, trace, error);
        },
        parsed->constant(), parsed->asks_for_user()};
}

/// The one name on the line, in quotes or as it is.
DistinguishedName one_name(const char *line)
{
    const bool in_quotes = *line == '"' || *line == '\'';
    const auto words = in_quotes ? words_of(line) : std::vector<std::string>{line};
    if (words.size() != 1 || words.front().empty())
        reject("takes one distinguished name such as \"CN=Alice,O=Example,C=DE\", not '" +
               std::string{line} + "'");
    auto name = DistinguishedName::parse(words.front());
    if (!name)
        reject(name.error());
    return *std::move(name);
}

Parsed subject(cmd_parms &, const char *line)
{
    return {[wanted = one_name(line)](request_rec &, const Client &client, Trace &trace,
                                      const char *&) {
        const auto *certificate = client.certificate();
        look(trace, "CLIENTCERT_SUBJECT", certificate ? rfc4514(certificate->subject()) : "");
        return certificate != nullptr && wanted.matches(certificate->subject());
    }};
}

Parsed issuer(cmd_parms &, const char *line)
{
    return {[wanted = one_name(line)](request_rec &, const Client &client, Trace &trace,
                                      const char *&) {
        const auto *certificate = client.certificate();
        look(trace, "CLIENTCERT_ISSUER", certificate ? rfc4514(certificate->issuer()) : "");
        return certificate != nullptr && wanted.matches(certificate->issuer());
    }};
}

Parsed alternative_name(cmd_parms &, const char *line)
{
    std::vector<SanPattern> patterns;
    for (const auto &word : words_of(line)) {
        auto pattern = SanPattern::parse(word);
        if (!pattern)
            reject(pattern.error());
        patterns.push_back(*std::move(pattern));
    }
    if (patterns.empty())
        reject("takes one or more TYPE:VALUE such as email:alice@example.com");
    return {[patterns](request_rec &, const Client &client, Trace &trace, const char *&) {
        const auto &names = client.subject_alt_names();
        for (const auto &name : names)
            look(trace, "san", name.text);
        return std::ranges::any_of(patterns, [&](const SanPattern &pattern) {
            return std::ranges::any_of(
                names, [&](const SubjectAltName &name) { return pattern.matches(name); });
        });
    }};
}

Parsed fingerprint(cmd_parms &, const char *line)
{
    std::vector<std::string> digests;
    for (const auto &word : words_of(line)) {
        const bool named = word.starts_with("sha256:");
        const auto digest = from_hex(std::string_view{word}.substr(named ? 7 : 0));
        if (!named || !digest || digest->size() != sizeof(Sha256))
            reject("takes sha256: and 64 hexadecimal digits, not '" + word + "'");
        digests.push_back(*digest);
    }
    if (digests.empty())
        reject("takes one or more sha256:HEX");
    return {[digests](request_rec &, const Client &client, Trace &trace, const char *&) {
        const auto *certificate = client.certificate();
        if (certificate == nullptr)
            return false;
        const Sha256 digest = certificate->fingerprint();
        look(trace, "CLIENTCERT_SHA256", lower_hex(digest));
        return std::ranges::find(digests, std::string{digest.begin(), digest.end()}) !=
               digests.end();
    }};
}

std::optional<bool> fulfilled(request_rec &r, const Requirement &requirement, Trace &trace,
                              const char *&error)
{
    const Client &client = client_of(r);
    if (const auto known = trace.record ? std::nullopt : client.outcome(requirement.slot))
        return known;
    const auto outcome = requirement.test(r, client, trace, error);
    if (outcome)
        client.remember(requirement.slot, *outcome);
    return outcome;
}

/// A line as it stands for a client that is supposed, or as if it stood for or against him.
[[gnu::cold]] authz_status supposed(request_rec &r, const Requirement &requirement,
                                    Hypothesis &hypothesis)
{
    using Pretence = Hypothesis::Pretence;
    if (hypothesis.pretence != Pretence::none) {
        const bool holds = (hypothesis.pretence == Pretence::favourable) != requirement.negated;
        return holds ? AUTHZ_GRANTED : AUTHZ_DENIED;
    }
    Trace trace{.record = true};
    const char *error = nullptr;
    const auto outcome = fulfilled(r, requirement, trace, error);
    hypothesis.add(
        {{requirement.text, requirement.file, requirement.line, std::move(trace.looks), error},
         outcome,
         requirement.negated,
         requirement.directive});
    if (!outcome)
        return AUTHZ_GENERAL_ERROR;
    return *outcome ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

Refusal refusal_by(request_rec &r, const Requirement &requirement)
{
    Trace trace{.record = true};
    const char *error = nullptr;
    fulfilled(r, requirement, trace, error);
    return {requirement.text, requirement.file, requirement.line, std::move(trace.looks), error};
}

/// The same in memory of that pool alone.
Refusal copied(apr_pool_t *pool, Refusal refusal)
{
    for (const char **text : {&refusal.rule, &refusal.file, &refusal.error})
        *text = apr_pstrdup(pool, *text);
    for (auto &look : refusal.looks)
        look.name = apr_pstrdup(pool, look.name);
    return refusal;
}

[[gnu::cold]] void note(request_rec &r, const Requirement &requirement)
{
    const bool is_subrequest = r.main != nullptr;
    note_refusal(r, &requirement,
                 is_subrequest ? std::make_shared<const Refusal>(
                                     copied(top_of(r).pool, refusal_by(r, requirement)))
                               : nullptr);
}

authz_status check(request_rec *r, const char *, const void *parsed)
{
    const auto &requirement = *static_cast<const Requirement *>(parsed);
    if (requirement.asks_for_user && r->user == nullptr)
        return AUTHZ_DENIED_NO_USER;
    if (auto *hypothesis = hypothesis_of(*r))
        return supposed(*r, requirement, *hypothesis);
    notice_handshakes(*r);
    Trace trace;
    const char *error = nullptr;
    const auto outcome = fulfilled(*r, requirement, trace, error);
    keep_out_of_caches(*r);
    if (!outcome || *outcome == requirement.negated)
        note(*r, requirement);
    // Not to be known is not to be granted inside <RequireNone> either.
    if (!outcome)
        return AUTHZ_GENERAL_ERROR;
    return *outcome ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/// Whether a "not" or a <RequireNone> around it turns the line round.
bool is_negated(const ap_directive_t &directive)
{
    bool negated = ap_cstr_casecmpn(directive.args, "not ", 4) == 0;
    for (const auto *parent = directive.parent; parent != nullptr; parent = parent->parent)
        if (ap_cstr_casecmp(parent->directive, "<RequireNone") == 0)
            negated = !negated;
    return negated;
}

template <auto Parse>
const char *parse(cmd_parms *cmd, const char *line, const void **parsed) noexcept
{
    try {
        keep_file_names(*cmd);
        auto [test, constant, asks_for_user] = Parse(*cmd, line);
        auto *registry = Registry::find(cmd->pool);
        const std::size_t slot =
            constant && registry != nullptr ? registry->new_outcome_slot() : no_slot;
        const auto *directive = cmd->directive;
        *parsed = pool_new<Requirement>(
            cmd->pool, std::move(test),
            apr_pstrcat(cmd->pool, directive->directive, " ", directive->args, nullptr),
            directive->filename, static_cast<unsigned>(directive->line_num), slot, asks_for_user,
            is_negated(*directive), directive);
        return nullptr;
    } catch (const std::exception &e) {
        return apr_pstrcat(cmd->pool, "Require ", cmd->directive->args, ": ", e.what(), nullptr);
    }
}

template <auto Parse>
void provide(apr_pool_t *pool, const char *name)
{
    // Registered afresh each time the module is loaded, by the pool that unloads it.
    const auto *provider = pool_new<authz_provider>(
        pool, authz_provider{guarded<check, AUTHZ_GENERAL_ERROR>, parse<Parse>});
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, name, AUTHZ_PROVIDER_VERSION, provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}

Refusal refusal_by(request_rec &r, const Refused &refused)
{
    return refused.told ? *refused.told
                        : refusal_by(r, *static_cast<const Requirement *>(refused.requirement));
}

void log_denial(request_rec &r, std::span<const Refused> refused)
{
    std::vector<Refusal> refusals;
    for (const auto &one : refused)
        refusals.push_back(refusal_by(r, one));
    deny(r, refused.front().uri, std::move(refusals), refused.front().explained);
}

/// A 401 where nobody has been authenticated asks for a password, for the right one perhaps; it
/// denies nobody yet.
bool is_denied(const request_rec &r)
{
    return r.status == HTTP_FORBIDDEN ||
           (r.status == HTTP_UNAUTHORIZED && authenticated(r) != nullptr);
}

/// What is left of subrequests stood against refused ones: the others have been forgotten.
[[gnu::cold]] void log_refusals_of(request_rec &r, std::span<const Refused> refusals)
{
    std::vector<Refused> all{refusals.begin(), refusals.end()};
    std::ranges::stable_sort(all, {}, &Refused::asked_by);
    for (auto first = all.begin(); first != all.end();) {
        const auto end =
            std::ranges::upper_bound(first, all.end(), first->asked_by, {}, &Refused::asked_by);
        if (first->asked_by != 0 || is_denied(r))
            log_denial(r, {first, end});
        first = end;
    }
}

}  // namespace

void register_authz_providers(apr_pool_t *pool)
{
    provide<any_certificate>(pool, "clientcert");
    provide<expression>(pool, "clientcert-expr");
    provide<subject>(pool, "clientcert-dn");
    provide<issuer>(pool, "clientcert-issuer");
    provide<alternative_name>(pool, "clientcert-san");
    provide<fingerprint>(pool, "clientcert-fingerprint");
}

std::vector<Refusal> unfulfilled(request_rec &r)
{
    std::vector<Refusal> found;
    for (const auto &refused : refusals(r))
        if (refused.asked_by == 0)
            found.push_back(refusal_by(r, refused));
    return found;
}

void log_refusals(request_rec &r)
{
    for (auto *one = &r; one != nullptr; one = one->next)
        if (const auto all = refusals(*one); !all.empty())
            log_refusals_of(*one, all);
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/request.hh"

#include "httpd/barrier.hh"
#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/decision/denial.hh"
#include "httpd/evidence/connection.hh"
#include "httpd/evidence/intake.hh"
#include "httpd/telling/hypothesis.hh"
#include "httpd/users/basic_auth.hh"
#include "httpd/users/users.hh"
#include "httpd/verdict/trusts.hh"

#include <clientcert/clock.hh>

#include <algorithm>

namespace clientcert::httpd {
namespace {

/// Keeps clients alive for those who hold pointers into them: headers and environment of a request
/// do, and its subrequests share the headers.
struct Request {
    std::shared_ptr<const Client> client;
    std::shared_ptr<const ClientCache> passed;  ///< by a proxy
    bool is_passed = false;
    std::vector<std::shared_ptr<const Client>> earlier;
    std::optional<Reason> denied;
    std::shared_ptr<const Denial> denial;
    std::optional<Authenticated> authenticated;
    bool is_authorizing = false;
    bool stays_out_of_caches = false;
    std::vector<Refused> refusals;
    std::vector<Told> told;
    Hypothesis *hypothesis = nullptr;  ///< of its subrequests
    unsigned number = 0;               ///< of a subrequest
    unsigned subrequests = 0;          ///< that have a number
};

Request *existing(const request_rec &r)
{
    return static_cast<Request *>(ap_get_module_config(r.request_config, &clientcert_module));
}

Request &state_of(request_rec &r)
{
    if (auto *request = existing(r))
        return *request;
    auto *request = pool_new<Request>(r.pool);
    ap_set_module_config(r.request_config, &clientcert_module, request);
    return *request;
}

bool supposes(const request_rec &r)
{
    const auto *request = existing(r);
    return request != nullptr && request->hypothesis != nullptr;
}

/// That of the request that the proxy has sent, which this one may follow from; null where it comes
/// from no proxy.
const Request *passed_request(const request_rec &r)
{
    if (server_config(*r.server).header_trust == nullptr)
        return nullptr;
    for (const auto *one = &r; one != nullptr; one = one->main != nullptr ? one->main : one->prev)
        if (const auto *request = existing(*one); request != nullptr && request->is_passed)
            return request;
    return nullptr;
}

std::shared_ptr<const Client> client_now(const request_rec &r, Time now)
{
    const auto &config = server_config(*r.server);
    if (config.level() == Level::off)
        return config.registry->nobody();
    if (const auto *hypothesis = hypothesis_of(r)) {
        const bool is_seen =
            hypothesis->passed || config.trust == nullptr || asks_for_certificate(r);
        return is_seen ? hypothesis->clients->client(trust_for(r, hypothesis->passed), now)
                       : config.registry->nobody();
    }
    if (const auto *request = passed_request(r))
        return request->passed ? request->passed->client(trust_for(r, true), now)
                               : config.registry->nobody();
    // A request that is refused before it has been read to its end has not been taken in.
    const auto *connection = Connection::of(*r.connection);
    if (connection == nullptr || comes_from_proxy(*r.connection, *r.server))
        return config.registry->nobody();
    return connection->client(trust_for(r, false), now);
}

/// Before a request has been read nothing is known of what a proxy says.
std::shared_ptr<const Client> client_now(const conn_rec &c, const server_rec &s, Time now)
{
    const auto &config = server_config(s);
    const auto *connection = Connection::of(c);
    if (connection == nullptr || config.level() == Level::off || comes_from_proxy(c, s))
        return config.registry->nobody();
    return connection->client(config.trust, now);
}

}  // namespace

void suppose(request_rec &asker, Hypothesis *hypothesis)
{
    state_of(asker).hypothesis = hypothesis;
}

Hypothesis *hypothesis_of_subrequest(const request_rec &r)
{
    for (const auto *one = r.main; one != nullptr; one = one->main)
        if (supposes(*one))
            return existing(*one)->hypothesis;
    return nullptr;
}

request_rec &top_of(request_rec &r)
{
    request_rec *top = &r;
    while (top->main != nullptr && !supposes(*top->main))
        top = top->main;
    return *top;
}

const Client &peek_client(request_rec &r)
{
    const conn_rec &c = *r.connection;
    const auto &config = server_config(*r.server);
    const auto *connection = Connection::of(c);
    if (connection == nullptr || c.master != nullptr || config.header_trust != nullptr ||
        config.level() == Level::off || hypothesis_of(r) != nullptr)
        return client_of(r);
    return *connection->peek(trust_for(r, false), time_of(r));
}

const Client &client_of(request_rec &r)
{
    auto &kept = state_of(top_of(r)).client;
    auto client = client_now(r, time_of(r));
    if (kept && kept != client)
        state_of(top_of(r)).earlier.push_back(std::move(kept));
    kept = std::move(client);
    return *kept;
}

std::shared_ptr<const Client> client_of(request_rec *r, const conn_rec &c, const server_rec &s)
{
    if (r != nullptr)
        return {std::shared_ptr<const Client>{}, &client_of(*r)};
    return client_now(c, s, current_time());
}

const char *value_of(request_rec &r, const NumberedVariable &numbered)
{
    const auto &variable = numbered.variable;
    if (variable.is_reason())
        if (const auto reason = denial_reason(r))
            return word(*reason).data();
    if (variable.is_user())
        return pool_copy(r.pool, identity_of(r).user);
    if (variable.is_authentication())
        return authenticated_by(r);
    const Client &client = client_of(r);
    if (numbered.slot == no_slot)
        return pool_copy(r.pool, variable.value(client));
    const auto *kept = client.kept(numbered.slot);
    if (kept == nullptr)
        kept = &client.keep(numbered.slot, variable.value(client));
    return (*kept)->c_str();
}

const char *value_of(const conn_rec &c, const server_rec &s, const Variable &variable,
                     apr_pool_t *pool)
{
    return pool_copy(pool, variable.value(*client_of(nullptr, c, s)));
}

void set_passed(request_rec &r, std::shared_ptr<const ClientCache> clients)
{
    auto &request = state_of(r);
    request.is_passed = true;
    request.passed = std::move(clients);
}

void count_request(const request_rec &r)
{
    const auto *connection = Connection::of(*r.connection);
    const auto *request = existing(r);
    if (request != nullptr && request->is_passed) {
        if (request->passed)
            request->passed->count_request(place_of(*r.connection));
    } else if (connection != nullptr) {
        connection->clients().count_request(place_of(*r.connection));
    }
}

bool is_passed(const request_rec &r)
{
    if (const auto *hypothesis = hypothesis_of(r))
        return hypothesis->passed;
    return passed_request(r) != nullptr || comes_from_proxy(*r.connection, *r.server);
}

void note_told(request_rec &r, Told told)
{
    state_of(top_of(r)).told.push_back(std::move(told));
}

std::shared_ptr<const MapOutcome> told_before(const request_rec &r, const Client &client,
                                              const UserMap &map, const Regex &pattern)
{
    for (const auto *one = &r; one != nullptr; one = one->main != nullptr ? one->main : one->prev)
        if (const auto *request = existing(*one))
            for (const auto &told : request->told)
                if (told.client == &client && told.map == &map && told.pattern == &pattern)
                    return told.outcome;
    return nullptr;
}

void note_authenticated(request_rec &r)
{
    const bool basic = r.ap_auth_type != nullptr && ap_cstr_casecmp(r.ap_auth_type, "Basic") == 0;
    state_of(r).authenticated = {r.user, basic, r.per_dir_config};
}

const Authenticated *authenticated(const request_rec &r)
{
    const auto *request = existing(r);
    return request != nullptr && request->authenticated ? &*request->authenticated : nullptr;
}

bool &is_authorizing(request_rec &r)
{
    return state_of(r).is_authorizing;
}

void keep_out_of_caches(request_rec &r)
{
    if (!server_config(*r.server).registry->has_cache)
        return;
    // What a subrequest shows becomes part of the page.
    for (auto *one = &r; one != nullptr; one = one->main) {
        one->no_cache = 1;
        state_of(*one).stays_out_of_caches = true;
    }
}

void stay_out_of_caches(request_rec &r)
{
    if (const auto *request = existing(r); request != nullptr && request->stays_out_of_caches)
        r.no_cache = 1;
}

void note_refusal(request_rec &r, const void *requirement, std::shared_ptr<const Refusal> told)
{
    request_rec &top = top_of(r);
    auto &request = state_of(top);
    auto &asking = state_of(r);
    if (&r != &top && asking.number == 0)
        asking.number = ++request.subrequests;
    // Authorization is asked twice where authentication comes in between.
    const bool known = std::ranges::any_of(request.refusals, [&](const Refused &refused) {
        return refused.requirement == requirement && refused.asked_by == asking.number;
    });
    if (!known)
        request.refusals.push_back({requirement, asking.number,
                                    &r == &top ? r.uri : apr_pstrdup(top.pool, r.uri),
                                    explain_mode(r) != Explain::Mode::off, std::move(told)});
}

std::span<const Refused> refusals(const request_rec &r)
{
    const auto *request = existing(r);
    return request != nullptr ? request->refusals : std::span<const Refused>{};
}

void forget_refusals(request_rec &r)
{
    const auto *asking = existing(r);
    auto *request = asking != nullptr ? existing(top_of(r)) : nullptr;
    if (request != nullptr)
        std::erase_if(request->refusals,
                      [&](const Refused &refused) { return refused.asked_by == asking->number; });
}

void set_reason(request_rec &r, Reason reason)
{
    state_of(r).denied = reason;
}

void note_denial(request_rec &r, std::shared_ptr<const Denial> denial)
{
    state_of(r).denial = std::move(denial);
}

std::shared_ptr<const Denial> noted_denial(const request_rec &r)
{
    const auto *request = existing(r);
    return request != nullptr ? request->denial : nullptr;
}

namespace {

/// Why this very request was denied.
std::optional<Reason> own_reason(const request_rec &r)
{
    const auto *request = existing(r);
    if (request == nullptr || request->denied)
        return request != nullptr ? request->denied : std::nullopt;
    if (r.status == HTTP_UNAUTHORIZED &&
        directory_config(r).get<BasicAuth>().value != BasicAuth::Mode::off)
        return Reason::password;
    // Require lines are told of in the log, when a page has long been sent.
    if (r.status != HTTP_FORBIDDEN || request->refusals.empty() || !request->client)
        return std::nullopt;
    const Verdict &verdict = request->client->verdict();
    return verdict.state == Verdict::State::failed ? verdict.reason : Reason::rule;
}

}  // namespace

request_rec *denied_request(request_rec &r)
{
    auto *one = &r;
    while (one != nullptr && !own_reason(*one))
        one = one->prev;
    return one;
}

std::optional<Reason> denial_reason(const request_rec &r)
{
    for (const auto *one = &r; one != nullptr; one = one->prev)
        if (const auto reason = own_reason(*one))
            return reason;
    return std::nullopt;
}

}  // namespace clientcert::httpd

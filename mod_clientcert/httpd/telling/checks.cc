// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/checks.hh"

#include "httpd/config/server_config.hh"
#include "httpd/request.hh"
#include "httpd/telling/portrait.hh"
#include "httpd/verdict/trusts.hh"

#include <clientcert/clock.hh>

#include <algorithm>

namespace clientcert::httpd {
namespace {

using json::JsonPtr;
using json::put;

std::string_view word_of(CrlOpinion::Says says)
{
    switch (says) {
    case CrlOpinion::Says::not_listed:
        return "not-listed";
    case CrlOpinion::Says::revoked:
        return "revoked";
    case CrlOpinion::Says::removed:
        return "removed";
    case CrlOpinion::Says::other_scope:
        return "other-scope";
    case CrlOpinion::Says::not_believed:
        break;
    }
    return "not-believed";
}

JsonPtr opinion_of(const CrlOpinion &opinion)
{
    auto object = json::object();
    put(object, "source", json::text(printable_source(opinion.source)));
    put(object, "issuer", json::text(opinion.issuer));
    put(object, "number", json::text(opinion.number));
    put(object, "delta", json::boolean(opinion.is_delta));
    put(object, "this_update", json::text(rfc3339(opinion.this_update)));
    put(object, "next_update",
        opinion.next_update < Time::max() ? json::text(rfc3339(opinion.next_update))
                                          : json::null());
    put(object, "expired", json::boolean(opinion.expired));
    put(object, "says", json::text(word_of(opinion.says)));
    if (opinion.entry) {
        put(object, "revoked_at", json::text(rfc3339(opinion.entry->date)));
        put(object, "crl_reason", json::number(static_cast<std::uint64_t>(opinion.entry->reason)));
    }
    return object;
}

/// Errors that "optional_no_ca" of mod_ssl lets pass.
bool is_optional(int x509_error)
{
    constexpr auto errors =
        std::to_array({X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_CERT_UNTRUSTED,
                       X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE});
    return std::ranges::find(errors, x509_error) != errors.end();
}

/// What SSLVerifyClient says: on the virtual host, and where the path leads.
struct Asking {
    std::string host;
    std::string place;

    bool in_handshake() const { return host != "none"; }

    /// mod_ssl makes another handshake where a directory wants more than the virtual host.
    bool again() const
    {
        return (!in_handshake() && place != "none") || (place == "require" && host != "require");
    }
};

Asking asking_of(const request_rec &r)
{
    Asking asking{verify_client_mode(*r.server), verify_client_mode(r)};
    for (auto *mode : {&asking.host, &asking.place})
        ap_str_tolower(mode->data());
    return asking;
}

const char *text_of(const Handshake &handshake, const Asking &asking)
{
    if (handshake.fails)
        return asking.in_handshake()
                   ? "The handshake ends with a TLS alert: no request comes of it."
                   : "This place asks for a certificate (SSLVerifyClient), and "
                     "the connection ends with a TLS alert.";
    if (asking.in_handshake())
        return "The handshake goes on.";
    return asking.again() ? "The virtual host asks for no certificate in the handshake; this place "
                            "does, later (SSLVerifyClient)."
                          : "Neither the virtual host nor this place asks for a certificate "
                            "(SSLVerifyClient none): it is not seen.";
}

Handshake by_mod_ssl(const Client &client, const Trust &trust, std::string_view mode)
{
    const Verdict &verdict = client.verdict();
    const int error = trust.verify(client.evidence(), current_time()).x509_error;
    const bool passes = error == X509_V_OK || (mode == "optional_no_ca" && is_optional(error));
    if (passes && verdict.reason != Reason::revoked)
        return {};
    return {true, passes ? verdict.reason : reason_of(error, *client.evidence().leaf)};
}

}  // namespace

JsonPtr verification_of(request_rec &supposed, const Hypothesis &hypothesis)
{
    auto object = json::object();
    const auto *trust = trust_for(supposed, hypothesis.passed);
    if (trust == nullptr) {
        put(object, "problem",
            json::text("Nobody is trusted here: the virtual host has no TLS "
                       "and takes no certificates from proxies."));
        return object;
    }
    VerificationTrace trace;
    const auto evidence = hypothesis.clients->evidence();
    const auto verified = trust->verify(*evidence, current_time(), &trace);
    if (verified.x509_error != X509_V_OK && trace.problem.empty())
        trace.problem = "what mod_ssl checks here (OCSP) can be checked in a handshake alone";
    put(object, "problem", json::text(trace.problem));
    put(object, "depth", json::number(trace.depth));
    put(object, "chain", described(trace.chain));
    put(object, "max_depth", json::number(static_cast<std::uint64_t>(trust->max_depth())));
    std::vector<std::string> authorities;
    for (const auto &one : trust->authorities())
        authorities.push_back(rfc4514(one.subject()));
    std::ranges::sort(authorities);
    put(object, "authorities", json::texts(authorities));
    return object;
}

JsonPtr revocation_of(request_rec &supposed, const Hypothesis &hypothesis)
{
    const auto *trust = trust_for(supposed, hypothesis.passed);
    if (trust == nullptr || !trust->revocation())
        return json::null();
    VerificationTrace chain;
    const Time now = current_time();
    const auto verified = trust->verify(*hypothesis.clients->evidence(), now, &chain);
    const auto view = server_config(*supposed.server).registry->crl_view();
    RevocationTrace trace;
    if (view.index && verified.x509_error == X509_V_OK)
        check_revocation(verified.chain, *view.index, *trust->revocation(), now, &trace);
    auto object = json::object();
    put(object, "crls_read",
        json::boolean(view.index && view.sources == CrlsInForce::Sources::read));
    auto certificates = json::array();
    for (std::size_t i = 0; i < trace.size() && i < chain.chain.size(); ++i) {
        auto one = json::object();
        put(one, "subject", json::text(rfc4514(chain.chain[i].subject())));
        put(one, "reason", json::text(word(trace[i].reason)));
        auto crls = json::array();
        for (const auto &opinion : trace[i].crls)
            json::append(crls, opinion_of(opinion));
        put(one, "crls", std::move(crls));
        json::append(certificates, std::move(one));
    }
    put(object, "certificates", std::move(certificates));
    return object;
}

Handshake handshake_of(request_rec &supposed, const Hypothesis &hypothesis)
{
    const server_rec &s = *supposed.server;
    const auto &config = server_config(s);
    if (hypothesis.passed || config.trust == nullptr)
        return {false, Reason::none, "No handshake: the certificate comes in a header."};
    const auto client = hypothesis.clients->client(config.trust, current_time());
    const Verdict &verdict = client->verdict();
    const Asking asking = asking_of(supposed);
    Handshake handshake;
    if (config.level() == Level::require) {
        handshake = {!verdict.valid() && !verdict.undecided, verdict.reason};
    } else if (config.level() != Level::report) {
        if (asking.in_handshake())
            handshake = by_mod_ssl(*client, *config.trust, asking.host);
        if (!handshake.fails && asking.again())
            handshake = by_mod_ssl(*client, *config.trust, asking.place);
    }
    handshake.text = text_of(handshake, asking);
    return handshake;
}

}  // namespace clientcert::httpd

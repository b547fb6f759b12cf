// SPDX-License-Identifier: Apache-2.0
#include "httpd/evidence/connection.hh"

#include "core/openssl.hh"
#include "httpd/barrier.hh"
#include "httpd/decision/denial.hh"
#include "httpd/evidence/tls.hh"
#include "httpd/revocation/chain_notes.hh"

#include <algorithm>

namespace clientcert::httpd {
namespace {

constexpr std::string_view tls = "tls";

std::shared_ptr<const Evidence> no_certificate()
{
    Evidence evidence;
    evidence.source = tls;
    return std::make_shared<const Evidence>(std::move(evidence));
}

std::string_view session_data_of(const SSL *ssl)
{
    void *data = nullptr;
    std::size_t size = 0;
    auto *session = SSL_get_session(ssl);
    if (session == nullptr || SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1)
        return {};
    return {static_cast<const char *>(data), size};
}

std::vector<Certificate> without_leaf(const STACK_OF(X509) * certificates)
{
    std::vector<Certificate> chain;
    for (int i = 1; i < sk_X509_num(certificates); ++i)
        chain.emplace_back(sk_X509_value(certificates, i));
    return chain;
}

}  // namespace

Connection *Connection::of(const SSL *ssl)
{
    // mod_ssl keeps the connection there.
    const auto *c = static_cast<const conn_rec *>(SSL_get_app_data(ssl));
    return c != nullptr ? of(*c) : nullptr;
}

void Connection::create(conn_rec &c, SSL *ssl, const Registry &registry)
{
    ConnectionState::made_for(c).tls = pool_new<Connection>(c.pool, c, ssl, registry);
}

ConnectionState &ConnectionState::made_for(conn_rec &c)
{
    if (auto *state = of(c))
        return *state;
    auto *state = pool_new<ConnectionState>(c.pool);
    ap_set_module_config(c.conn_config, &clientcert_module, state);
    return *state;
}

Connection::Connection(conn_rec &c, SSL *ssl, const Registry &registry)
    : c_{c}, ssl_{ssl}, registry_{registry}, nothing_{no_certificate()}, clients_{nothing_,
                                                                                  registry}
{
    SSL_up_ref(ssl);
    if (registry_.connections != nullptr)
        registry_.connections->add(*this);
}

Connection::~Connection()
{
    unlist();
    SSL_free(ssl_);
}

void Connection::unlist()
{
    if (registry_.connections != nullptr)
        registry_.connections->remove(*this);
}

void Connection::tolerated(int x509_error)
{
    if (tolerated_ == X509_V_OK)
        tolerated_ = x509_error;
}

void Connection::verified(X509_STORE_CTX &context)
{
    tolerated(X509_STORE_CTX_get_error(&context));
    // The first error is what the session says from now on, to mod_ssl as well: to tolerate a later
    // one mod_ssl clears it, and a session that TLS 1.3 resumes from its cache would count as good.
    X509_STORE_CTX_set_error(&context, tolerated_);
    const Trust *trust = registry_.trust_of(SSL_get_SSL_CTX(ssl_));
    Evidence evidence;
    evidence.source = tls;
    evidence.leaf.emplace(X509_STORE_CTX_get0_cert(&context));
    evidence.chain = without_leaf(X509_STORE_CTX_get0_untrusted(&context));
    const auto *chain = X509_STORE_CTX_get0_chain(&context);
    if (trust != nullptr)
        evidence.verification = {trust->id(), tolerated_, earliest_end(chain)};
    if (trust != nullptr && trust->keeps_chains() && tolerated_ == X509_V_OK) {
        evidence.verification->chain = VerifiedChain::of(chain);
        if (trust->revocation() && registry_.notes != nullptr)
            registry_.notes->met(*chain, evidence.verification->chain);
    }

    // In the session before it is stored or sealed into a ticket: a resumed one brings it back.
    const std::string data = session_data(evidence, registry_.sessions_carry_chain);
    if (auto *session = SSL_get_session(ssl_))
        SSL_SESSION_set1_ticket_appdata(session, data.data(), data.size());
    SSL_set_num_tickets(ssl_, SSL_CTX_get_num_tickets(SSL_get_SSL_CTX(ssl_)));
    // On a resumed session of TLS 1.2 mod_ssl says SUCCESS whatever it found at first.
    if (tolerated_ != X509_V_OK && SSL_version(ssl_) < TLS1_3_VERSION)
        forbid_resumption();
    pending_ = std::make_shared<const Evidence>(std::move(evidence));
}

void Connection::count_handshake()
{
    auto &handshakes = registry_.counters.all().handshakes;
    (SSL_session_reused(ssl_) ? handshakes.resumed : handshakes.full).add();
}

void Connection::count_refusal(Reason reason)
{
    if (!std::exchange(is_refused_, true))
        add(registry_.counters.all().handshakes.refused, reason);
}

void Connection::count_failure()
{
    if (!is_refused_)
        registry_.counters.all().handshakes.failed.add();
}

void Connection::forbid_resumption()
{
    // TLS 1.3 resumes nothing without a ticket. Of TLS 1.2 no ticket is taken without good data;
    // a session without an identifier does not get into the cache.
    SSL_set_num_tickets(ssl_, 0);
    if (auto *session = SSL_get_session(ssl_); session && SSL_version(ssl_) < TLS1_3_VERSION)
        SSL_SESSION_set1_id(session, nullptr, 0);
}

Evidence Connection::presented()
{
    Evidence evidence;
    if (auto *leaf = SSL_get0_peer_certificate(ssl_))
        evidence = pending_ && pending_->leaf->x509() == leaf
                       ? *pending_
                       : resumed_evidence(Certificate{leaf}, session_data_of(ssl_));
    evidence.source = tls;
    return evidence;
}

Verdict Connection::verdict_of_handshake(Time now) const
{
    const Trust *trust = registry_.trust_of(SSL_get_SSL_CTX(ssl_));
    if (!pending_)
        return {Verdict::State::failed, Reason::error};
    return judged(*pending_, trust, now, registry_.crl_view());
}

bool Connection::resumes(const Evidence &evidence, Time now) const
{
    const auto *host = this->host();
    const Trust *trust = host != nullptr ? host->trust : nullptr;
    if (trust == nullptr || !evidence.verification || evidence.verification->trust != trust->id() ||
        evidence.verification->x509_error != X509_V_OK)
        return false;
    // One that is revoked has to hear so, which only a full handshake can tell; and where bad
    // certificates are let in, mod_ssl would say SUCCESS of a resumed one.
    const bool lets_bad_in = host->level == Level::report;
    if (!trust->revocation() && !lets_bad_in)
        return true;
    const auto verdict = judged(evidence, trust, now, registry_.crl_view());
    return lets_bad_in || host->level == Level::require ? verdict.valid() || verdict.undecided
                                                        : verdict.reason != Reason::revoked;
}

void Connection::publish(std::shared_ptr<const Evidence> evidence)
{
    known_leaf_ = evidence->leaf ? evidence->leaf->x509() : nullptr;
    proven_ = evidence->proven;
    host_trust_.store(registry_.trust_of(SSL_get_SSL_CTX(ssl_)), std::memory_order_release);
    clients_.replace(std::move(evidence));
}

void Connection::publish()
{
    publish(nothing_);  // which stands if the next line throws
    publish(std::make_shared<const Evidence>(presented()));
    pending_.reset();
}

void Connection::publish_what_is_there()
{
    publish(nothing_);
    Evidence evidence = presented();
    // OpenSSL knows the certificate before it has read the signature made with its key (RFC 8446,
    // 4.4.3), and still does when that was wrong.
    evidence.proven = SSL_is_init_finished(ssl_) == 1;
    publish(std::make_shared<const Evidence>(std::move(evidence)));
}

void Connection::disown_certificate()
{
    const auto *host = this->host();
    const std::scoped_lock lock{disowning_};
    if (host == nullptr || !host->tolerates_any || disowned_)
        return;
    // mod_ssl takes the request from the SSL, which may be one that has long ended: it gets an SSL
    // that has none.
    const std::unique_ptr<SSL, Freed<SSL_free>> other{SSL_new(SSL_get_SSL_CTX(ssl_))};
    const openssl::StoreContextPtr context{X509_STORE_CTX_new()};
    if (!other || !context ||
        X509_STORE_CTX_init(context.get(), nullptr, SSL_get0_peer_certificate(ssl_), nullptr) != 1)
        throw std::bad_alloc{};
    SSL_set_app_data(other.get(), &c_);
    X509_STORE_CTX_set_ex_data(context.get(), SSL_get_ex_data_X509_STORE_CTX_idx(), other.get());
    ask_to_tolerate(*context, SSL_get_verify_callback(ssl_));
    disowned_ = true;
}

void Connection::close_if_revoked(Time now) const
{
    const auto evidence = clients_.evidence();
    // Requests may have been for other virtual hosts than that of the handshake.
    auto trusts = clients_.trusts();
    trusts.push_back(host_trust_.load(std::memory_order_acquire));
    // Where certificates are merely reported, one that was revoked from the start may go on.
    const auto *host = this->host();
    if (host != nullptr && host->level == Level::report && !clients_.was_good())
        return;
    const bool revoked = std::ranges::any_of(trusts, [&](const Trust *trust) {
        return registry_.closes_revoked(trust) &&
               judged(*evidence, trust, now, registry_.crl_view()).reason == Reason::revoked;
    });
    if (!revoked)
        return;
    // Not with the connection's own log line: that would allocate in a pool of another thread.
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, c_.base_server,
                 CCLOGNO(0206) "[client %s] connection closed: reason=revoked%s", c_.client_ip,
                 told(*evidence->leaf).c_str());
    registry_.counters.all().crls.connections_closed.add();
    apr_os_sock_t socket = -1;
    if (apr_os_sock_get(&socket, ap_get_conn_socket(&c_)) == APR_SUCCESS)
        shutdown(socket, SHUT_RDWR);
}

}  // namespace clientcert::httpd

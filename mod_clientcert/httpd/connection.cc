// SPDX-License-Identifier: Apache-2.0
#include "httpd/connection.hh"

#include "httpd/barrier.hh"
#include "httpd/chain_notes.hh"
#include "httpd/denial.hh"

#include <algorithm>

namespace clientcert::httpd {
namespace {

constexpr std::string_view tls = "tls";

Verdict judged(const Evidence &evidence, const Trust *trust, Time now, const SharedCrls::View &crls)
{
    if (trust != nullptr)
        return judge(evidence, *trust, now, crls.in_force());
    // The virtual host has no TLS of its own: it trusts nobody.
    if (evidence.leaf)
        return {Verdict::State::failed, Reason::error};
    return {};
}

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
    ap_set_module_config(c.conn_config, &clientcert_module,
                         pool_new<Connection>(c.pool, c, ssl, registry));
}

Connection::Connection(conn_rec &c, SSL *ssl, const Registry &registry)
    : c_{c}, ssl_{ssl}, registry_{registry}, nothing_{no_certificate()}
{
    SSL_up_ref(ssl);
    evidence_ = nothing_;
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
    if (trust != nullptr && trust->revocation() && tolerated_ == X509_V_OK) {
        evidence.verification->chain = VerifiedChain::of(chain);
        if (registry_.notes != nullptr)
            registry_.notes->met(*chain, evidence.verification->chain);
    }

    // In the session before it is stored or sealed into a ticket: a resumed one brings it back.
    const std::string data = session_data(evidence, registry_.sessions_carry_chain);
    if (auto *session = SSL_get_session(ssl_)) {
        SSL_SESSION_set1_ticket_appdata(session, data.data(), data.size());
        // On a resumed session of TLS 1.2 mod_ssl says SUCCESS whatever it found at first: such a
        // one must not get into its cache, and one without an identifier does not.
        if (tolerated_ != X509_V_OK && SSL_version(ssl_) < TLS1_3_VERSION)
            SSL_SESSION_set1_id(session, nullptr, 0);
    }
    pending_ = std::make_shared<const Evidence>(std::move(evidence));
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

bool Connection::found_revoked(Time now) const
{
    const Trust *trust = registry_.trust_of(SSL_get_SSL_CTX(ssl_));
    return trust != nullptr && trust->revocation() && pending_ &&
           judged(*pending_, trust, now, registry_.crl_view()).reason == Reason::revoked;
}

bool Connection::resumes(const Evidence &evidence, Time now) const
{
    const Trust *trust = registry_.trust_of(SSL_get_SSL_CTX(ssl_));
    if (trust == nullptr || !evidence.verification || evidence.verification->trust != trust->id() ||
        evidence.verification->x509_error != X509_V_OK)
        return false;
    // One that is revoked has to hear so, which only a full handshake can tell.
    return !trust->revocation() ||
           judged(evidence, trust, now, registry_.crl_view()).reason != Reason::revoked;
}

void Connection::publish(std::shared_ptr<const Evidence> evidence)
{
    const std::scoped_lock lock{mutex_};
    evidence_ = std::move(evidence);
    host_trust_ = registry_.trust_of(SSL_get_SSL_CTX(ssl_));
    known_leaf_ = evidence_->leaf ? evidence_->leaf->x509() : nullptr;
    latest_.store(nullptr, std::memory_order_release);
    clients_.clear();
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

std::shared_ptr<const Client> Connection::client(const Trust *trust, Time now) const
{
    const std::scoped_lock lock{mutex_};
    const auto known =
        std::ranges::find(clients_, trust, [](const auto &one) { return one->trust(); });
    std::shared_ptr<const Client> client;
    if (known != clients_.end() && (*known)->stands(trust, now, registry_.crl_generation()))
        client = *known;
    else
        client = judged_client(trust, now);
    if (known == clients_.end())
        clients_.push_back(client);
    else
        *known = client;
    latest_.store(client.get(), std::memory_order_release);
    return client;
}

std::shared_ptr<const Client> Connection::judged_client(const Trust *trust, Time now) const
{
    const auto crls = registry_.crl_view();
    return std::make_shared<const Client>(evidence_, judged(*evidence_, trust, now, crls), trust,
                                          registry_.capacity(), crls.generation);
}

void Connection::close_if_revoked(Time now) const
{
    std::shared_ptr<const Evidence> evidence;
    std::vector<const Trust *> trusts;
    {
        const std::scoped_lock lock{mutex_};
        evidence = evidence_;
        trusts.push_back(host_trust_);
        // Requests may have been for other virtual hosts than that of the handshake.
        for (const auto &client : clients_)
            trusts.push_back(client->trust());
    }
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
    apr_os_sock_t socket = -1;
    if (apr_os_sock_get(&socket, ap_get_conn_socket(&c_)) == APR_SUCCESS)
        shutdown(socket, SHUT_RDWR);
}

}  // namespace clientcert::httpd

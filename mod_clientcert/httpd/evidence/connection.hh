// SPDX-License-Identifier: Apache-2.0
// What is known of the peer of one TLS connection.
#pragma once

#include "httpd/config/registry.hh"
#include "httpd/evidence/client_cache.hh"
#include "httpd/httpd.hh"
#include "httpd/revocation/open_connections.hh"

#include <clientcert/client.hh>

#include <atomic>
#include <memory>
#include <mutex>

namespace clientcert::httpd {

class PassedClients;

/// Lives in the pool of the master connection. The thread that runs a handshake publishes the
/// evidence, the threads of all streams read it.
class Connection {
public:
    /// That of the connection or, for a stream of HTTP/2, of its master; null without TLS.
    static Connection *of(const conn_rec &c);
    static Connection *of(const SSL *ssl);

    static void create(conn_rec &c, SSL *ssl, const Registry &registry);

    Connection(conn_rec &c, SSL *ssl, const Registry &registry);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    /// OpenSSL begins to verify a certificate; mod_ssl tolerates an error of it; it is verified, as
    /// far as mod_ssl does not refuse it, and the handshake goes on.
    void begin_verification()
    {
        tolerated_ = X509_V_OK;
        refused_ = X509_V_ERR_UNSPECIFIED;
    }
    void tolerated(int x509_error);
    void verified(X509_STORE_CTX &context);

    /// mod_ssl refuses it for that error; for none where the chain is too long.
    void refused(int x509_error)
    {
        refused_ = x509_error != X509_V_OK ? x509_error : X509_V_ERR_CERT_CHAIN_TOO_LONG;
    }
    int refused() const { return refused_; }

    /// How a handshake ends is counted once.
    void count_handshake();
    void count_refusal(Reason reason);
    void count_failure();

    /// The verdict on the certificate that was just verified.
    Verdict verdict_of_handshake(Time now) const;

    /// Nothing that is made of this handshake may be resumed.
    void forbid_resumption();

    /// A handshake is done: what the peer presented now counts.
    void publish();

    /// Publishes where a handshake ended without telling: post-handshake authentication does. To be
    /// called by the thread that owns the connection.
    void catch_up()
    {
        if (SSL_get0_peer_certificate(ssl_) != known_leaf_ || !proven_)
            publish_what_is_there();
    }

    /// Whether a session with that evidence may be resumed here and now.
    bool resumes(const Evidence &evidence, Time now) const;

    /// The virtual host of the handshake, as SNI names it; null before it is known.
    const Registry::Host *host() const { return registry_.host_of(SSL_get_SSL_CTX(ssl_)); }

    /// Who the peer is to a virtual host with that trust (null: one without any), judged at `now`.
    std::shared_ptr<const Client> client(const Trust *trust, Time now) const
    {
        return clients_.client(trust, now);
    }

    /// The same for the thread that owns the connection, without the cost of sharing: until it runs
    /// another handshake or asks again.
    const Client *peek(const Trust *trust, Time now) const { return clients_.peek(trust, now); }

    const ClientCache &clients() const { return clients_; }

    bool has_certificate() const { return clients_.evidence()->leaf.has_value(); }

    /// From now on mod_ssl does not say SUCCESS of the certificate. Where the virtual host of the
    /// handshake does not tolerate such certificates nothing is done.
    void disown_certificate();

    /// Ends the connection of a client whose certificate is revoked, where the virtual host wants
    /// that. To be called while it is in the list of open connections.
    void close_if_revoked(Time now) const;

    /// Takes it off that list.
    void unlist();
    ListLinks &links() { return links_; }

private:
    void publish(std::shared_ptr<const Evidence> evidence);
    void publish_what_is_there();
    Evidence presented();

    conn_rec &c_;
    SSL *ssl_;  ///< a reference of our own: mod_ssl gives up its one where a client speaks plain
                ///< HTTP
    int tolerated_ = X509_V_OK;
    int refused_ = X509_V_ERR_UNSPECIFIED;
    bool is_refused_ = false;  ///< the certificate was, and that is counted
    const Registry &registry_;
    ListLinks links_;                          ///< guarded by the list
    std::shared_ptr<const Evidence> pending_;  ///< of a handshake that is under way

    const X509 *known_leaf_ = nullptr;  ///< that of the evidence that counts
    bool proven_ = true;                ///< likewise
    const std::shared_ptr<const Evidence> nothing_;
    ClientCache clients_;
    std::atomic<const Trust *> host_trust_{nullptr};  ///< of the latest handshake's virtual host
    std::mutex disowning_;                            ///< one stream does it, the others wait
    bool disowned_ = false;
};

/// What hangs on a master connection.
struct ConnectionState {
    Connection *tls = nullptr;        ///< null without TLS
    PassedClients *passed = nullptr;  ///< null where no virtual host takes certificates in

    /// Null where the connection has neither.
    static ConnectionState *of(const conn_rec &c)
    {
        const conn_rec &master = c.master != nullptr ? *c.master : c;
        return static_cast<ConnectionState *>(
            ap_get_module_config(master.conn_config, &clientcert_module));
    }

    /// Made where there is none yet; to be called before the connection has streams.
    static ConnectionState &made_for(conn_rec &c);
};

inline Connection *Connection::of(const conn_rec &c)
{
    const auto *state = ConnectionState::of(c);
    return state != nullptr ? state->tls : nullptr;
}

}  // namespace clientcert::httpd

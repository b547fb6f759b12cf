// SPDX-License-Identifier: Apache-2.0
// What is known of the peer of one TLS connection.
#pragma once

#include "httpd/httpd.hh"
#include "httpd/open_connections.hh"
#include "httpd/registry.hh"

#include <clientcert/client.hh>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace clientcert::httpd {

/// Lives in the pool of the master connection. The thread that runs a handshake publishes the
/// evidence, the threads of all streams read it.
class Connection {
public:
    /// That of the connection or, for a stream of HTTP/2, of its master; null without TLS.
    static Connection *of(const conn_rec &c)
    {
        const conn_rec &master = c.master != nullptr ? *c.master : c;
        return static_cast<Connection *>(
            ap_get_module_config(master.conn_config, &clientcert_module));
    }
    static Connection *of(const SSL *ssl);

    static void create(conn_rec &c, SSL *ssl, const Registry &registry);

    Connection(conn_rec &c, SSL *ssl, const Registry &registry);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    /// OpenSSL begins to verify a certificate; mod_ssl tolerates an error of it; it is verified, as
    /// far as mod_ssl does not refuse it, and the handshake goes on.
    void begin_verification() { tolerated_ = X509_V_OK; }
    void tolerated(int x509_error);
    void verified(X509_STORE_CTX &context);

    /// Whether the certificate that was just verified is revoked, which ends the handshake.
    bool found_revoked(Time now) const;

    /// A handshake is done: what the peer presented now counts.
    void publish();

    /// Publishes where a handshake ended without telling: post-handshake authentication does. To be
    /// called by the thread that owns the connection.
    void catch_up()
    {
        if (SSL_get0_peer_certificate(ssl_) != known_leaf_ || !evidence_->proven)
            publish_what_is_there();
    }

    /// Whether a session with that evidence may be resumed here and now.
    bool resumes(const Evidence &evidence, Time now) const;

    /// Who the peer is to a virtual host with that trust (null: one without any), judged at `now`.
    std::shared_ptr<const Client> client(const Trust *trust, Time now) const;

    /// The same for the thread that owns the connection, without the cost of sharing: until it runs
    /// another handshake or asks again.
    const Client *peek(const Trust *trust, Time now) const
    {
        const auto *client = latest_.load(std::memory_order_acquire);
        return client && client->stands(trust, now, registry_.crl_generation())
                   ? client
                   : this->client(trust, now).get();
    }

    /// Ends the connection of a client whose certificate is revoked, where the virtual host wants
    /// that. To be called while it is in the list of open connections.
    void close_if_revoked(Time now) const;

    /// Takes it off that list.
    void unlist();
    ListLinks &links() { return links_; }

private:
    std::shared_ptr<const Client> judged_client(const Trust *trust, Time now) const;
    void publish(std::shared_ptr<const Evidence> evidence);
    void publish_what_is_there();
    Evidence presented();

    conn_rec &c_;
    SSL *ssl_;  ///< a reference of our own: mod_ssl gives up its one where a client speaks plain
                ///< HTTP
    int tolerated_ = X509_V_OK;
    const Registry &registry_;
    ListLinks links_;                          ///< guarded by the list
    std::shared_ptr<const Evidence> pending_;  ///< of a handshake that is under way

    const X509 *known_leaf_ = nullptr;  ///< that of `evidence_`
    const std::shared_ptr<const Evidence> nothing_;

    mutable std::mutex mutex_;  ///< guards what is below
    std::shared_ptr<const Evidence> evidence_;
    const Trust *host_trust_ = nullptr;  ///< of the virtual host of the latest handshake
    mutable std::vector<std::shared_ptr<const Client>> clients_;  ///< one for each trust

    /// The one of `clients_` that was asked for last: that of nearly every request.
    mutable std::atomic<const Client *> latest_{nullptr};
};

}  // namespace clientcert::httpd

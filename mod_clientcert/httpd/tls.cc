// SPDX-License-Identifier: Apache-2.0
// The callbacks are installed on the context of every virtual host, and find the connection by the
// SSL they get: OpenSSL calls some of them on the first host's context whatever SNI says.
#include "httpd/tls.hh"

#include "httpd/barrier.hh"
#include "httpd/connection.hh"
#include "httpd/denial.hh"
#include "httpd/server_config.hh"

#include <clientcert/clock.hh>

namespace clientcert::httpd {
namespace {

const SSL *ssl_of(X509_STORE_CTX *context)
{
    return static_cast<const SSL *>(
        X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

Connection *connection_of(X509_STORE_CTX *context)
{
    const SSL *ssl = ssl_of(context);
    return ssl != nullptr ? Connection::of(ssl) : nullptr;
}

/// Asks mod_ssl's callback, and keeps the errors that it tolerates: it may clear them later, when
/// it tolerates another one.
int found(int ok, X509_STORE_CTX *context)
{
    auto *mod_ssl = SSL_get_verify_callback(ssl_of(context));
    const int result = mod_ssl != nullptr ? mod_ssl(ok, context) : ok;
    if (ok == 0 && result != 0)
        if (auto *connection = connection_of(context))
            connection->tolerated(X509_STORE_CTX_get_error(context));
    return result;
}

/// Tells why a handshake ends; the client learns it from the alert certificate_revoked.
void tell_revoked(X509_STORE_CTX &context)
{
    const auto *c = static_cast<const conn_rec *>(SSL_get_app_data(ssl_of(&context)));
    ap_log_cerror(APLOG_MARK, APLOG_ERR, 0, c, CCLOGNO(0205) "handshake refused: reason=revoked%s",
                  told(Certificate{X509_STORE_CTX_get0_cert(&context)}).c_str());
}

/// Lets OpenSSL and mod_ssl's own callback verify, and keeps what they found.
int verify(X509_STORE_CTX *context, void *)
{
    auto *connection = connection_of(context);
    if (connection == nullptr) {
        X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    connection->begin_verification();
    X509_STORE_CTX_set_verify_cb(context, guarded<found, 0>);
    if (X509_verify_cert(context) <= 0)
        return 0;
    connection->verified(*context);
    if (!connection->found_revoked(current_time()))
        return 1;
    tell_revoked(*context);
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REVOKED);
    return 0;
}

/// mod_ssl guards against renegotiation by the client in the callback of the context, which one of
/// the connection's own replaces: it has to be called.
void info(const SSL *ssl, int where, int result)
{
    if (auto *others = SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl)))
        others(ssl, where, result);
    if ((where & SSL_CB_HANDSHAKE_DONE) == 0)
        return;
    if (auto *connection = Connection::of(ssl))
        connection->publish();
}

/// A ticket with a certificate whose evidence did not come along, or was made under other trust
/// settings, is worth no more than none: the client has to present the certificate again.
SSL_TICKET_RETURN open_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *, std::size_t,
                              SSL_TICKET_STATUS status, void *)
{
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    auto *leaf = SSL_SESSION_get0_peer(session);
    if (leaf != nullptr) {
        void *data = nullptr;
        std::size_t size = 0;
        SSL_SESSION_get0_ticket_appdata(session, &data, &size);
        const auto evidence =
            resumed_evidence(Certificate{leaf}, {static_cast<const char *>(data), size});
        const auto *connection = Connection::of(ssl);
        if (connection == nullptr || !connection->resumes(evidence, current_time()))
            return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

int init_server(server_rec *s, apr_pool_t *pconf, int is_proxy, SSL_CTX *context)
{
    if (is_proxy)
        return OK;
    auto &config = server_config(*s);
    auto &registry = Registry::of_configuration(pconf);
    const auto fate = config.settings.get<RevokedConnections>().value;
    config.trust = registry.add_host(context, trust_of(config, context),
                                     fate == RevokedConnections::Fate::close);
    registry.stores.push_back(store_of(context));
    SSL_CTX_set_cert_verify_callback(context, guarded<verify, 0>, nullptr);
    SSL_CTX_set_session_ticket_cb(context, nullptr,
                                  guarded<open_ticket, SSL_TICKET_RETURN_IGNORE_RENEW>, nullptr);
    return OK;
}

int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    if (is_proxy)
        return OK;
    Connection::create(*c, ssl, *server_config(*c->base_server).registry);
    SSL_set_info_callback(ssl, guarded<info, Nothing{}>);
    return OK;
}

void notice_handshakes(const request_rec &r)
{
    // Streams of HTTP/2 neither renegotiate nor own the connection.
    const conn_rec &c = *r.connection;
    if (c.master == nullptr)
        if (auto *connection = Connection::of(c))
            connection->catch_up();
}

}  // namespace clientcert::httpd

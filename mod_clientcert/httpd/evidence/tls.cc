// SPDX-License-Identifier: Apache-2.0
// The callbacks are installed on the context of every virtual host, and find the connection by the
// SSL they get: OpenSSL calls some of them on the first host's context whatever SNI says.
#include "httpd/evidence/tls.hh"

#include "core/openssl.hh"
#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/decision/denial.hh"
#include "httpd/evidence/connection.hh"
#include "httpd/request.hh"
#include "httpd/verdict/trusts.hh"

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
    auto *connection = connection_of(context);
    auto *mod_ssl = SSL_get_verify_callback(ssl_of(context));
    const int error = X509_STORE_CTX_get_error(context);
    const int result = mod_ssl != nullptr ? mod_ssl(ok, context) : ok;
    if (connection == nullptr)
        return 0;
    if (ok == 0 && result != 0)
        connection->tolerated(X509_STORE_CTX_get_error(context));
    else if (result == 0)
        connection->refused(ok == 0 ? error : X509_STORE_CTX_get_error(context));
    return result;
}

/// What makes OpenSSL end a handshake with the alert that fits (RFC 8446, 6.2).
int error_with_alert(Reason reason)
{
    switch (reason) {
    case Reason::expired:         // certificate_expired
    case Reason::revoked:         // certificate_revoked
    case Reason::unknown_issuer:  // unknown_ca
    case Reason::self_signed:     // likewise
    case Reason::wrong_purpose:   // unsupported_certificate
        return x509_error_of(reason);
    case Reason::crl_missing:
    case Reason::crl_expired:
    case Reason::crl_invalid:
    case Reason::error:
        return X509_V_ERR_CRL_PATH_VALIDATION_ERROR;  // certificate_unknown
    default:
        return X509_V_ERR_CERT_REJECTED;  // bad_certificate
    }
}

/// Tells why a handshake ends; the client learns it from the alert.
int refuse(X509_STORE_CTX &context, Connection &connection, Reason reason)
{
    connection.count_refusal(reason);
    const auto *c = static_cast<const conn_rec *>(SSL_get_app_data(ssl_of(&context)));
    ap_log_cerror(APLOG_MARK, APLOG_ERR, 0, c, CCLOGNO(0205) "handshake refused: reason=%s%s",
                  word(reason).data(),
                  told(Certificate{X509_STORE_CTX_get0_cert(&context)}).c_str());
    X509_STORE_CTX_set_error(&context, error_with_alert(reason));
    return 0;
}

/// Lets OpenSSL verify, and tells mod_ssl of a bad certificate only that it is not to be believed.
int verify_and_report(X509_STORE_CTX &context, Connection &connection)
{
    X509_STORE_CTX_set_verify_cb(&context, [](int ok, X509_STORE_CTX *) noexcept { return ok; });
    const auto *chain =
        X509_verify_cert(&context) > 0 ? X509_STORE_CTX_get0_chain(&context) : nullptr;
    if (chain != nullptr && sk_X509_num(chain) - 1 > connection.host()->trust->max_depth())
        X509_STORE_CTX_set_error(&context, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    connection.verified(context);
    if (connection.verdict_of_handshake(current_time()).valid())
        return 1;
    connection.forbid_resumption();
    return ask_to_tolerate(context, SSL_get_verify_callback(ssl_of(&context))) ? 1 : 0;
}

/// Lets OpenSSL and mod_ssl's own callback verify, and keeps what they found.
int verify_with_mod_ssl(X509_STORE_CTX &context, Connection &connection, bool required)
{
    X509_STORE_CTX_set_verify_cb(&context, guarded<found, 0>);
    if (X509_verify_cert(&context) <= 0) {
        const auto reason =
            reason_of(connection.refused(), Certificate{X509_STORE_CTX_get0_cert(&context)});
        if (required)
            return refuse(context, connection, reason);
        connection.count_refusal(reason);
        return 0;
    }
    connection.verified(context);
    const Verdict verdict = connection.verdict_of_handshake(current_time());
    // CRLs that have not been read yet are no fault of the client's.
    const bool bad =
        required ? !verdict.valid() && !verdict.undecided : verdict.reason == Reason::revoked;
    return bad ? refuse(context, connection, verdict.reason) : 1;
}

int verify(X509_STORE_CTX *context, void *)
{
    auto *connection = connection_of(context);
    const auto *host = connection != nullptr ? connection->host() : nullptr;
    if (host == nullptr) {
        X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    connection->begin_verification();
    if (host->level == Level::report)
        return verify_and_report(*context, *connection);
    return verify_with_mod_ssl(*context, *connection, host->level == Level::require);
}

/// Of a resumed session mod_ssl would say what it said of the first one.
void disown_resumed_certificate(Connection &connection)
{
    const auto *host = connection.host();
    if (host != nullptr && host->level == Level::report &&
        connection.client(host->trust, current_time())->verdict().state == Verdict::State::failed)
        connection.disown_certificate();
}

/// A fatal alert, from either side, while a handshake is under way.
bool is_end_of_handshake(const SSL *ssl, int where, int alert)
{
    return (where & SSL_CB_ALERT) != 0 && alert >> 8 == SSL3_AL_FATAL && SSL_in_init(ssl);
}

/// Somebody has a certificate, and not the key to it: CertificateVerify (RFC 8446, 4.4.3) is wrong.
void tell_missing_key(const SSL *ssl)
{
    auto *leaf = SSL_get0_peer_certificate(ssl);
    if (leaf == nullptr)
        return;
    const auto *c = static_cast<const conn_rec *>(SSL_get_app_data(ssl));
    ap_log_cerror(APLOG_MARK, APLOG_ERR, 0, c,
                  CCLOGNO(0212) "handshake refused: the client does not have the private key of "
                                "the certificate it has sent:%s",
                  told(Certificate{leaf}).c_str());
}

/// OpenSSL calls nobody when a certificate is missing that it has been told to require, nor when
/// the key is.
void tell_end(const SSL *ssl, Connection &connection, int where)
{
    const int reason = (where & SSL_CB_WRITE) != 0 ? ERR_GET_REASON(ERR_peek_last_error())
                                                   : SSL_R_SSL_HANDSHAKE_FAILURE;
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return connection.count_refusal(Reason::none);
    if (reason == SSL_R_BAD_SIGNATURE)
        tell_missing_key(ssl);
    connection.count_failure();
}

/// mod_ssl guards against renegotiation by the client in the callback of the context, which one of
/// the connection's own replaces: it has to be called.
void info(const SSL *ssl, int where, int result)
{
    if (auto *others = SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl)))
        others(ssl, where, result);
    const bool is_done = (where & SSL_CB_HANDSHAKE_DONE) != 0;
    if (!is_done && !is_end_of_handshake(ssl, where, result))
        return;
    auto *connection = Connection::of(ssl);
    if (connection != nullptr && !is_done)
        return tell_end(ssl, *connection, where);
    if (connection != nullptr) {
        connection->count_handshake();
        connection->publish();
        disown_resumed_certificate(*connection);
    }
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

bool ask_to_tolerate(X509_STORE_CTX &context, SSL_verify_cb mod_ssl)
{
    X509_STORE_CTX_set_error(&context, X509_V_ERR_CERT_UNTRUSTED);
    X509_STORE_CTX_set_error_depth(&context, 0);
    // No certificate to be told of in its log: a stream's thread must not use the connection's
    // pool.
    X509_STORE_CTX_set_current_cert(&context, nullptr);
    return mod_ssl != nullptr && mod_ssl(0, &context) != 0;
}

int init_server(server_rec *s, apr_pool_t *pconf, int is_proxy, SSL_CTX *context)
{
    if (is_proxy)
        return OK;
    add_host(*s, Registry::of_configuration(pconf), context);
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

void disown_bad_certificate(const request_rec &r)
{
    const auto &config = server_config(*r.server);
    auto *connection = Connection::of(*r.connection);
    if (config.level() != Level::report || connection == nullptr)
        return;
    const Time now = time_of(r);
    if (connection->client(config.trust, now)->verdict().state == Verdict::State::failed)
        connection->disown_certificate();
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

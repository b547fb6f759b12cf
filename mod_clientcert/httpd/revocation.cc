// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation.hh"

#include "httpd/denial.hh"
#include "httpd/request.hh"
#include "httpd/server_config.hh"

namespace clientcert::httpd {
namespace {

/// CRLs are read within a second of the start.
constexpr const char *soon = "1";

[[gnu::cold]] int refuse(request_rec &r, const Verdict &verdict)
{
    // The page that tells a client of the refusal: there is nothing else behind it.
    if (r.prev != nullptr && is_of_revocation(denial_reason(*r.prev)))
        return DECLINED;
    if (verdict.undecided) {
        set_reason(r, verdict.reason);
        apr_table_setn(r.err_headers_out, "Retry-After", soon);
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, &r,
                      CCLOGNO(0207) "the CRLs have not been read yet: the client is asked to come "
                                    "again");
        return HTTP_SERVICE_UNAVAILABLE;
    }
    deny(r, r.uri, {});
    if (verdict.reason == Reason::revoked &&
        server_config(*r.server).settings.get<RevokedConnections>().value ==
            RevokedConnections::Fate::close)
        r.connection->keepalive = AP_CONN_CLOSE;
    return HTTP_FORBIDDEN;
}

}  // namespace

int refuse_revoked(request_rec &r)
{
    const auto *trust = server_config(*r.server).trust;
    if (trust == nullptr || !trust->revocation())
        return DECLINED;
    const Verdict &verdict = peek_client(r).verdict();
    if (verdict.state != Verdict::State::failed || !is_of_revocation(verdict.reason))
        return DECLINED;
    return refuse(r, Verdict{verdict});
}

int refuse_revoked_early(request_rec *r, int)
{
    return server_config(*r->server).registry->has_quick_handlers ? refuse_revoked(*r) : DECLINED;
}

}  // namespace clientcert::httpd

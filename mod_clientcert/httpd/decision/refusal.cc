// SPDX-License-Identifier: Apache-2.0
#include "httpd/decision/refusal.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/decision/denial.hh"
#include "httpd/request.hh"

namespace clientcert::httpd {
namespace {

/// CRLs are read within a second of the start.
constexpr const char *soon = "1";

/// Whether a bad certificate is refused even where no rule asks for one. In a handshake mod_ssl has
/// refused the others; what comes in a header, or has to chain to the CAs of a directory, nobody
/// has looked at before.
bool refuses_bad(const request_rec &r, Level level, Reason reason)
{
    return level == Level::require || is_of_revocation(reason) ||
           directory_config(r).get<Ca>().value != nullptr || is_passed(r);
}

[[gnu::cold]] int refuse(request_rec &r, const Verdict &verdict)
{
    // The page that tells a client of the refusal: there is nothing else behind it.
    if (r.prev != nullptr && denial_reason(*r.prev))
        return DECLINED;
    if (verdict.undecided) {
        set_reason(r, verdict.reason);
        if (hypothesis_of(r) == nullptr)
            server_config(*r.server).registry->counters.all().requests.undecided.add();
        apr_table_setn(r.err_headers_out, "Retry-After", soon);
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, &r,
                      CCLOGNO(0207) "the CRLs have not been read yet: the client is asked to come "
                                    "again");
        return HTTP_SERVICE_UNAVAILABLE;
    }
    deny(r, {});
    // A proxy has other clients on its connection.
    if (verdict.reason == Reason::revoked && !is_passed(r) && hypothesis_of(r) == nullptr &&
        server_config(*r.server).settings.get<RevokedConnections>().value ==
            RevokedConnections::Fate::close)
        r.connection->keepalive = AP_CONN_CLOSE;
    return HTTP_FORBIDDEN;
}

}  // namespace

int refuse_by_verdict(request_rec &r)
{
    const auto &config = server_config(*r.server);
    const auto level = config.level();
    const bool trusts = config.trust != nullptr || config.header_trust != nullptr;
    if (!trusts || level == Level::off || level == Level::report)
        return DECLINED;
    const bool has_authorities = directory_config(r).get<Ca>().value != nullptr;
    // Of the others mod_ssl has refused the bad ones, and nothing makes a good one bad.
    if (level == Level::ssl && !has_authorities && config.header_trust == nullptr &&
        !config.trust->revocation())
        return DECLINED;
    if (has_authorities)
        keep_out_of_caches(r);
    const Verdict &verdict = peek_client(r).verdict();
    switch (verdict.state) {
    case Verdict::State::success:
        return DECLINED;
    case Verdict::State::none:
        return level == Level::require ? refuse(r, Verdict{verdict}) : DECLINED;
    case Verdict::State::failed:
        break;
    }
    return refuses_bad(r, level, verdict.reason) ? refuse(r, Verdict{verdict}) : DECLINED;
}

int refuse_early(request_rec *r, int)
{
    return server_config(*r->server).registry->has_quick_handlers ? refuse_by_verdict(*r)
                                                                  : DECLINED;
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// Who a request comes from, and what has been said of it.
#pragma once

#include "httpd/config/registry.hh"
#include "httpd/evidence/client_cache.hh"
#include "httpd/httpd.hh"

#include <clientcert/client.hh>

#include <memory>
#include <span>

namespace clientcert::httpd {

/// When it came.
inline Time time_of(const request_rec &r)
{
    return Time{std::chrono::seconds{apr_time_sec(r.request_time)}};
}

struct Hypothesis;

/// While it is set, every subrequest of `asker` comes from the client that it supposes, and is
/// nobody's business but the asker's: nothing of it is logged, counted or kept.
void suppose(request_rec &asker, Hypothesis *hypothesis);

/// Null for a request that has really been made.
Hypothesis *hypothesis_of_subrequest(const request_rec &r);
inline Hypothesis *hypothesis_of(const request_rec &r)
{
    return r.main != nullptr ? hypothesis_of_subrequest(r) : nullptr;
}

/// The request that a subrequest, of whatever depth, belongs to: they share the headers, which have
/// to live as long as it.
request_rec &top_of(request_rec &r);

/// The client, as judged now, for one look: whatever runs a handshake may end its life.
const Client &peek_client(request_rec &r);

/// The client, as judged now; it lives as long as the request.
const Client &client_of(request_rec &r);

/// The same for expressions, which may be evaluated without a request.
std::shared_ptr<const Client> client_of(request_rec *r, const conn_rec &c, const server_rec &s);

/// The request comes from a proxy, with these clients of whom one is meant; null for nobody.
void set_passed(request_rec &r, std::shared_ptr<const ClientCache> clients);

/// Counts it at its end, where its verdict was one that stood already.
void count_request(const request_rec &r);

/// Whether it comes from a proxy that is believed: then the peer of the connection is nobody.
bool is_passed(const request_rec &r);

/// What a map has said of the client: the same until the request ends, also where it cannot tell or
/// its answer is not to be kept.
struct Told {
    const Client *client;
    const UserMap *map;
    const Regex *pattern;
    std::shared_ptr<const MapOutcome> outcome;
};

void note_told(request_rec &r, Told told);

/// Null where it has not been asked, in this request or the one that it follows from.
std::shared_ptr<const MapOutcome> told_before(const request_rec &r, const Client &client,
                                              const UserMap &map, const Regex &pattern);

/// That somebody has been authenticated for the request.
struct Authenticated {
    const char *user = nullptr;
    bool by_password = false;
    const void *configuration = nullptr;  ///< of the directory that asked for it
};

void note_authenticated(request_rec &r);

/// Null where nobody has been.
const Authenticated *authenticated(const request_rec &r);

/// Whether we are asking the other modules ourselves what the user may do.
bool &is_authorizing(request_rec &r);

/// The value of a variable, never null; it lives as long as the request.
const char *value_of(request_rec &r, const NumberedVariable &variable);
const char *value_of(const conn_rec &c, const server_rec &s, const Variable &variable,
                     apr_pool_t *pool);

/// mod_cache would show to everybody, before any access control, what one was let in to see.
void keep_out_of_caches(request_rec &r);

/// The same again, where another place has answered: mod_dir takes over what an index file says of
/// caches.
void stay_out_of_caches(request_rec &r);

struct Refusal;

/// That a Require line stood against a request, or one of its subrequests (which end without a
/// log).
struct Refused {
    const void *requirement;
    unsigned asked_by;  ///< tells the request and its subrequests apart
    const char *uri;
    bool explained;  ///< by the directory that has it

    /// Of a subrequest: it may be gone when this is told, and with it the .htaccess file of the
    /// line.
    std::shared_ptr<const Refusal> told;
};

/// Remembers it: the reason, if the request turns out to be denied.
void note_refusal(request_rec &r, const void *requirement, std::shared_ptr<const Refusal> told);
std::span<const Refused> refusals(const request_rec &r);

/// Forgets what stood against this request: all in all it is not denied.
void forget_refusals(request_rec &r);

/// Remembers why the request is denied: from then on it is what CLIENTCERT_REASON tells, on the
/// error page too.
void set_reason(request_rec &r, Reason reason);

struct Denial;

/// Remembers all that pages have to tell of it.
void note_denial(request_rec &r, std::shared_ptr<const Denial> denial);
std::shared_ptr<const Denial> noted_denial(const request_rec &r);

/// The request itself or the one that it is the error page of, whichever was denied; null for none.
request_rec *denied_request(request_rec &r);

/// Why the request, or the one that it is the error page of, was denied; nothing where it was not.
std::optional<Reason> denial_reason(const request_rec &r);

}  // namespace clientcert::httpd

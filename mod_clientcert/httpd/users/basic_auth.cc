// SPDX-License-Identifier: Apache-2.0
// To set r->user is to authenticate: mod_auth_basic asks no more then, and Require valid-user is
// fulfilled. So the certificate's user is set in one place only, where no password is wanted.
#include "httpd/users/basic_auth.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"
#include "httpd/decision/denial.hh"
#include "httpd/request.hh"
#include "httpd/users/users.hh"

#include <clientcert/octets.hh>

#include <string_view>

namespace clientcert::httpd {
namespace {

using Mode = BasicAuth::Mode;

constexpr auto modes = std::to_array<Choice<Mode>>({
    {"off", Mode::off},
    {"fallback", Mode::fallback},
    {"both", Mode::both},
    {"same-user", Mode::same_user},
});

Mode mode_of(const request_rec &r)
{
    return directory_config(r).get<BasicAuth>().value;
}

bool wants_both(const request_rec &r)
{
    const Mode mode = mode_of(r);
    return mode == Mode::both || mode == Mode::same_user;
}

bool is_type(request_rec &r, const char *type)
{
    const char *configured = ap_auth_type(&r);
    return configured != nullptr && ap_cstr_casecmp(configured, type) == 0;
}

/// Whether it is the error page of a refusal: one that is refused in turn is not worth a second
/// line.
bool is_error_page(const request_rec &r)
{
    return r.prev != nullptr && denial_reason(*r.prev).has_value();
}

bool is_by_certificate(const request_rec &r)
{
    return r.ap_auth_type != nullptr && ap_cstr_casecmp(r.ap_auth_type, "ClientCert") == 0;
}

int refuse(request_rec &r, Reason reason, const std::string &more = {})
{
    if (!is_error_page(r))
        deny_user(r, reason, more);
    return HTTP_FORBIDDEN;
}

/// The user is whom the certificate says.
int accept(request_rec &r, const Identity &identity)
{
    r.user = apr_pstrdup(r.pool, identity.user.c_str());
    r.ap_auth_type = apr_pstrdup(r.pool, "ClientCert");
    return OK;
}

/// What stands against a certificate that has no user.
int refuse_identity(request_rec &r, const Identity &identity)
{
    switch (identity.kind) {
    case Identity::Kind::failed:
        set_reason(r, Reason::error);
        return HTTP_INTERNAL_SERVER_ERROR;
    case Identity::Kind::nobody:
        return refuse(r, client_of(r).verdict().reason);
    default:
        return refuse(r, Reason::no_map_match, identity.reason);
    }
}

int by_certificate(request_rec &r)
{
    const Identity identity = identity_of(r);
    return identity.kind == Identity::Kind::user ? accept(r, identity)
                                                 : refuse_identity(r, identity);
}

int by_certificate_or_password(request_rec &r)
{
    const bool has_certificate = client_of(r).verdict().state != Verdict::State::none;
    return has_certificate ? by_certificate(r) : DECLINED;
}

/// Whether the certificate is good enough for a password to be asked for. Where nothing says who a
/// certificate is, any good one is enough for `both`.
int before_password(request_rec &r)
{
    if (client_of(r).verdict().valid() && mode_of(r) == Mode::both && !names_users(r))
        return DECLINED;
    const Identity identity = identity_of(r);
    return identity.kind == Identity::Kind::user ? DECLINED : refuse_identity(r, identity);
}

/// mod_ssl's FakeBasicAuth makes a user of the certificate's name, `/C=US/CN=Alice`, and takes
/// "password" for the password: nobody has been asked for one.
bool is_fake(const request_rec &r)
{
    return *r.user == '/';
}

[[gnu::cold]] int refuse_fake(request_rec &r)
{
    set_reason(r, Reason::error);
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, &r,
        CCLOGNO(0308) "the password of %s is none: use no SSLOptions +FakeBasicAuth where "
                      "ClientCertBasicAuth is both or same-user",
        quoted(r.user).c_str());
    return HTTP_INTERNAL_SERVER_ERROR;
}

/// After the password: whether it is that of the certificate's user.
int after_password(request_rec &r)
{
    if (is_fake(r))
        return refuse_fake(r);
    if (const int refused = before_password(r); refused != DECLINED)
        return refused;
    if (mode_of(r) != Mode::same_user || identity_of(r).user == r.user)
        return DECLINED;
    return refuse(r, Reason::user_mismatch,
                  "the certificate is that of " + identity_of(r).user +
                      ", the password that of another user");
}

/// What was found out for this request, or for the one before it, where httpd did not ask again
/// since the directory is the same.
const Authenticated *authenticated_here(const request_rec &r)
{
    for (const auto *one = &r; one != nullptr; one = one->main != nullptr ? one->main : one->prev)
        if (const auto *found = authenticated(*one); found != nullptr && r.user != nullptr)
            return found->configuration == r.per_dir_config &&
                           found->user == std::string_view{r.user}
                       ? found
                       : nullptr;
    return nullptr;
}

bool has_password(const request_rec &r)
{
    const auto *found = authenticated_here(r);
    return found != nullptr && found->by_password;
}

/// Whether the user is settled: no password could make him another one.
bool is_settled(const request_rec &r)
{
    return mode_of(r) == Mode::same_user || is_by_certificate(r);
}

/// What the Require lines say of a user who is settled. Where they do not let him in, httpd would
/// ask for the password of another one.
int authorize_settled(request_rec &r)
{
    is_authorizing(r) = true;
    const int status = ap_run_auth_checker(&r);
    is_authorizing(r) = false;
    if (status != HTTP_UNAUTHORIZED)
        return status;
    apr_table_unset(r.err_headers_out, "WWW-Authenticate");
    apr_table_unset(r.err_headers_out, "Proxy-Authenticate");
    set_reason(r, Reason::rule);
    return HTTP_FORBIDDEN;
}

}  // namespace

void BasicAuth::read(cmd_parms &, Value &value, const char *word)
{
    value.set(chosen(modes, word));
}

int authenticate(request_rec *r)
{
    if (is_type(*r, "ClientCert") || mode_of(*r) != Mode::off)
        keep_out_of_caches(*r);
    if (is_type(*r, "ClientCert"))
        return wants_both(*r) ? before_password(*r) : by_certificate(*r);
    if (wants_both(*r))
        return before_password(*r);
    return mode_of(*r) == Mode::fallback ? by_certificate_or_password(*r) : DECLINED;
}

int force_password(request_rec *r)
{
    if (wants_both(*r))
        return OK;
    // Whoever is let in anyway has a name all the same, where the certificate tells it.
    const bool names =
        names_users(*r) && (mode_of(*r) == Mode::fallback || is_type(*r, "ClientCert"));
    return names && identity_of(*r).kind == Identity::Kind::user ? OK : DECLINED;
}

int check_password(request_rec *r)
{
    if (is_authorizing(*r))
        return DECLINED;
    note_authenticated(*r);
    if (wants_both(*r))
        if (const int refused = after_password(*r); refused != DECLINED)
            return refused;
    return is_settled(*r) ? authorize_settled(*r) : DECLINED;
}

int check_password_again(request_rec &r)
{
    if (!wants_both(r))
        return DECLINED;
    if (!has_password(r)) {
        if (is_error_page(r))
            return HTTP_FORBIDDEN;
        // `Satisfy Any`, or a module that let the request in without asking: it is asked now.
        r.user = nullptr;
        if (const int status = ap_run_check_user_id(&r); status != OK)
            return status == DECLINED ? HTTP_INTERNAL_SERVER_ERROR : status;
        if (r.user == nullptr)
            return HTTP_INTERNAL_SERVER_ERROR;
        note_authenticated(r);
    }
    return after_password(r);
}

const char *authenticated_by(const request_rec &r)
{
    const auto *found = authenticated_here(r);
    if (found == nullptr)
        return "";
    if (found->by_password)
        return wants_both(r) ? "cert+basic" : "basic";
    return is_by_certificate(r) ? "cert" : "";
}

void count_wrong_password(const request_rec &r)
{
    if (r.status == HTTP_UNAUTHORIZED && mode_of(r) != Mode::off &&
        apr_table_get(r.headers_in, "Authorization") != nullptr)
        add(server_config(*r.server).registry->counters.all().requests.denied, Reason::password);
}

}  // namespace clientcert::httpd

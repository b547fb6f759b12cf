// SPDX-License-Identifier: Apache-2.0
// Certificates and passwords together, and certificates in the place of passwords.
#pragma once

#include "httpd/config/config.hh"
#include "httpd/httpd.hh"

namespace clientcert::httpd {

struct BasicAuth {
    static constexpr const char *name = "ClientCertBasicAuth";
    static constexpr const char *usage = "off|fallback|both|same-user";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;

    enum class Mode { off, fallback, both, same_user };
    using Value = Setting<Mode>;

    static void read(cmd_parms &cmd, Value &value, const char *word);
};

/// Authentication, before any module asks for a password: takes the user from the certificate where
/// that is enough, refuses where a password would not help, and declines where one is wanted.
int authenticate(request_rec *r);

/// OK where somebody has to be authenticated even if nothing else asks for it.
int force_password(request_rec *r);

/// Somebody has been authenticated: notes who, and refuses where the password does not go with the
/// certificate; where no other password would help, it sees to it that none is asked for.
int check_password(request_rec *r);

/// The same once more, for whatever came here without authentication; asks for the password where
/// nobody has.
int check_password_again(request_rec &r);

/// How the user was authenticated: "cert", "basic", "cert+basic", or "" where there is none.
const char *authenticated_by(const request_rec &r);

/// Counts a denial where a password was sent and is not accepted; no line of ours tells of it.
void count_wrong_password(const request_rec &r);

}  // namespace clientcert::httpd

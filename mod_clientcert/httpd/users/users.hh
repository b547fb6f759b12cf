// SPDX-License-Identifier: Apache-2.0
// Which user a request's certificate is, where it asks.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/user_map.hh>

#include <string>

namespace clientcert::httpd {

struct Identity {
    enum class Kind {
        user,
        nobody,    ///< there is no certificate, or it is not valid
        unmapped,  ///< it is valid, and no rule says who it is; or a rule says that it is nobody
        failed,    ///< it cannot be told
    };
    Kind kind = Kind::nobody;
    std::string user{};    ///< of Kind::user
    std::string reason{};  ///< of Kind::unmapped, where there is more to say, and of Kind::failed
};

/// Whether anything says, where the request asks, who a certificate is.
bool names_users(const request_rec &r);

/// The map that says so, and what a user's name has to look like there. Null where none does, or
/// where there is none of that name.
const UserMap *user_map_of(const request_rec &r);
const Regex &user_pattern_of(const request_rec &r);

/// The user, as told now; what a map said is kept with the connection.
Identity identity_of(request_rec &r);

/// Reads what lookups have in files again when it has changed, in the background of each child.
int refresh_lookups(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

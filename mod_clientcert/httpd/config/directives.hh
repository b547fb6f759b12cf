// SPDX-License-Identifier: Apache-2.0
// The list of directives; each stands whole in the header of what it controls.
#pragma once

#include "httpd/decision/rules.hh"
#include "httpd/forwarding/environment.hh"
#include "httpd/forwarding/headers.hh"
#include "httpd/telling/explain_directives.hh"
#include "httpd/users/basic_auth.hh"
#include "httpd/users/user_directives.hh"
#include "httpd/verdict/trust_directives.hh"

namespace clientcert::httpd {

using DirectoryConfig = Config<OfSection, Require, Env, HeaderDirective, Forward, Ca, User, UseMap,
                               UserPattern, BasicAuth, Explain>;

/// The configuration that applies to a request.
inline const DirectoryConfig &directory_config(const request_rec &r)
{
    return *static_cast<const DirectoryConfig *>(
        ap_get_module_config(r.per_dir_config, &clientcert_module));
}

}  // namespace clientcert::httpd

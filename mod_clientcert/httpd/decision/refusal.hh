// SPDX-License-Identifier: Apache-2.0
// Requests that the verdict alone refuses, whatever the rules say.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// What the level of the virtual host asks for: 403, or 503 as long as the CRLs have not been read;
/// DECLINED where nothing stands against the request.
int refuse_by_verdict(request_rec &r);

/// The same before any module may serve the request: a cache asks nobody.
int refuse_early(request_rec *r, int lookup);

}  // namespace clientcert::httpd

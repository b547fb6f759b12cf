// SPDX-License-Identifier: Apache-2.0
// What becomes of requests by clients whose certificate the CRLs do not clear: no rule is needed to
// keep them out.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// 403, or 503 where the CRLs have not been read yet; else DECLINED. For each request once, behind
/// the handshakes that it may cause: what follows from it (subrequests, redirects) is the same
/// client's.
int refuse_revoked(request_rec &r);

/// The same where a cache, or another quick handler, might serve before that.
int refuse_revoked_early(request_rec *r, int lookup);

}  // namespace clientcert::httpd

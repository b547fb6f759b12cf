// SPDX-License-Identifier: Apache-2.0
// SetHandler clientcert-explain
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// GET: what is seen of whoever asks. POST: what would be decided of another certificate.
int explain(request_rec *r);

}  // namespace clientcert::httpd

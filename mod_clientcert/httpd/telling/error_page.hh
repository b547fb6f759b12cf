// SPDX-License-Identifier: Apache-2.0
// ClientCertExplain page: the person who is denied is told why.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// Puts a page of ours in the place of httpd's short one. An ErrorDocument goes first.
void show_denial(request_rec *r);

/// The same as environment variables, where `r` is the ErrorDocument of a denied request.
void tell_denial(request_rec &r);

}  // namespace clientcert::httpd

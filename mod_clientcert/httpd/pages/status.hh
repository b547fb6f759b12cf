// SPDX-License-Identifier: Apache-2.0
// SetHandler clientcert-status: what the module knows and has counted, for people and programs.
#pragma once

#include "httpd/httpd.hh"

// It does not guard itself against C++.
extern "C" {
#include <mod_status.h>
}

namespace clientcert::httpd {

/// The handler.
int show_status(request_rec *r);

/// Our part of mod_status's page, which is in HTML or in short.
int add_to_server_status(request_rec *r, int flags);

}  // namespace clientcert::httpd

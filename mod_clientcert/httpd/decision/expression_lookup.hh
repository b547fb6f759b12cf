// SPDX-License-Identifier: Apache-2.0
// How names in expressions find their variables and functions.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// What the parser of one expression learns from its look-ups.
struct Lookups {
    static constexpr const char *key = "mod_clientcert expression";

    bool constant = true;
    bool fixed = true;  ///< there was nothing to look up
    bool asks_for_user = false;
};

/// The look-up function of our own expressions; a `Lookups` must be in the parser's pool.
int look_up_for_us(ap_expr_lookup_parms *parms);

/// CLIENTCERT_* and clientcert('...') for the expressions of all other modules.
int look_up_for_others(ap_expr_lookup_parms *parms);

}  // namespace clientcert::httpd

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

/// Whether that is the name of something that proves who somebody is: its value stays out of every
/// log and every page.
bool is_secret(const char *name);

/// The line without the quotes that may be around the whole of it, as around that of `<If>`: where
/// others end before its end, they are the expression's own.
const char *unquoted_expression(apr_pool_t *pool, const char *line);

/// The look-up function of our own expressions; a `Lookups` must be in the parser's pool.
int look_up_for_us(ap_expr_lookup_parms *parms);

/// CLIENTCERT_* and clientcert('...') for the expressions of all other modules.
int look_up_for_others(ap_expr_lookup_parms *parms);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/config/startup.hh"

#include "httpd/barrier.hh"
#include "httpd/config/registry.hh"

namespace clientcert::httpd {

int check_configuration(apr_pool_t *pconf, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    auto &registry = Registry::of_configuration(pconf);
    registry.has_cache = ap_find_linked_module("mod_cache.c") != nullptr;
    registry.has_quick_handlers =
        registry.has_cache || ap_find_linked_module("mod_lua.c") != nullptr;
    registry.finish();
    if (ap_find_linked_module("mod_ssl.c") == nullptr)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     CCLOGNO(0003) "mod_ssl is not loaded: every request counts as one without a "
                                   "certificate");
    return OK;
}

}  // namespace clientcert::httpd

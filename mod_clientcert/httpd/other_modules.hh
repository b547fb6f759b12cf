// SPDX-License-Identifier: Apache-2.0
// What other modules offer, where they are loaded.
#pragma once

#include "httpd/httpd.hh"

namespace clientcert::httpd {

/// A function of another module, or null while that is not loaded.
template <typename Function>
Function *optional_function(const char *name)
{
    return reinterpret_cast<Function *>(apr_dynamic_fn_retrieve(name));
}

/// Lets mod_watchdog call `job` in each child, again and again after that time, with `data`. False
/// where it is not loaded.
inline bool run_in_children(apr_pool_t *pconf, const char *name, apr_interval_time_t interval,
                            void *data, ap_watchdog_callback_fn_t *job)
{
    auto *get = optional_function<APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance)>(
        "ap_watchdog_get_instance");
    auto *add = optional_function<APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback)>(
        "ap_watchdog_register_callback");
    ap_watchdog_t *watchdog = nullptr;
    return get != nullptr && add != nullptr && get(&watchdog, name, 0, 0, pconf) == APR_SUCCESS &&
           add(watchdog, interval, data, job) == APR_SUCCESS;
}

}  // namespace clientcert::httpd

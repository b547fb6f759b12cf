// SPDX-License-Identifier: Apache-2.0
// The only file that includes headers of httpd, APR and libssl.
#pragma once

// g++ leaves this undefined and the directive table untyped; C++20 has
// designated initializers, so ask for the typed one.
#define AP_HAVE_DESIGNATED_INITIALIZER

#include <httpd.h>

#include <ap_expr.h>
#include <ap_listen.h>
#include <ap_mpm.h>
#include <ap_provider.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <mod_auth.h>
#include <mod_core.h>
#include <mod_proxy.h>
#include <mod_watchdog.h>
#include <unixd.h>
#include <util_filter.h>

#include <apr_lib.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_pools.h>
#include <apr_portable.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_tables.h>

// These two do not guard themselves against C++.
extern "C" {
#include <mod_ssl.h>
#include <mod_ssl_openssl.h>
}

// The record: all that the module exports, and its only variable.
extern "C" {
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): httpd writes to it
[[gnu::visibility("default")]] extern module_struct clientcert_module;
}
APLOG_USE_MODULE(clientcert);

// Log tags of our own: AH numbers belong to the httpd project.
#define CCLOGNO(n) "CC" #n ": "

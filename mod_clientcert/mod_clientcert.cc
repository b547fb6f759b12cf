// SPDX-License-Identifier: Apache-2.0
// The module as the server sees it: its record, and the hooks it takes part in. In the order of a
// request: evidence, verdict, decision, forwarding (docs/architecture.md).
#include "httpd/config/overheard.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/startup.hh"
#include "httpd/counters.hh"
#include "httpd/decision/authz.hh"
#include "httpd/decision/expression_lookup.hh"
#include "httpd/decision/refusal.hh"
#include "httpd/dump/dump.hh"
#include "httpd/evidence/intake.hh"
#include "httpd/evidence/tls.hh"
#include "httpd/forwarding/ajp.hh"
#include "httpd/pages/status.hh"
#include "httpd/request.hh"
#include "httpd/revocation/crl_job.hh"
#include "httpd/revocation/open_connections.hh"
#include "httpd/telling/error_page.hh"
#include "httpd/telling/explain_handler.hh"
#include "httpd/telling/hypothesis.hh"
#include "httpd/users/basic_auth.hh"
#include "httpd/users/users.hh"

namespace {

using namespace clientcert::httpd;

constexpr auto refuse = HTTP_INTERNAL_SERVER_ERROR;

/// Before a name of ours can be believed, what was sent under it is gone; what a proxy sends is
/// taken in before.
int receive(request_rec *r)
{
    const int result = take_in(*r);
    strip_headers(r);
    if (result == DECLINED)
        disown_bad_certificate(*r);
    return result;
}

int require_again_and_tell(request_rec *r)
{
    int result = require_again(r);
    if (result == DECLINED)
        result = check_password_again(*r);
    if (result == DECLINED)
        set_environment(*r);
    return result;
}

/// After all that may have sent the request to another place.
int forward(request_rec *r)
{
    stay_out_of_caches(*r);
    return set_headers(r);
}

int show_page(request_rec *r)
{
    const int shown = show_status(r);
    return shown == DECLINED ? explain(r) : shown;
}

int before_log(request_rec *r)
{
    log_refusals(*r);
    count_wrong_password(*r);
    count_request(*r);
    if (!server_config(*r->server).registry->logged.empty())
        set_logged_variables(*r);
    return DECLINED;
}

constexpr const char *const mod_dir[] = {"mod_dir.c", nullptr};
constexpr const char *const mod_headers[] = {"mod_headers.c", nullptr};
constexpr const char *const mod_ssl[] = {"mod_ssl.c", nullptr};
constexpr const char *const mod_watchdog[] = {"mod_watchdog.c", nullptr};

void register_configuration()
{
    ap_hook_post_config(guarded<check_configuration, refuse>, nullptr, nullptr,
                        APR_HOOK_REALLY_LAST);
    ap_hook_post_config(guarded<share_counters, refuse>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    // mod_watchdog runs what is registered before it looks.
    ap_hook_post_config(guarded<refresh_lookups, refuse>, nullptr, mod_watchdog, APR_HOOK_MIDDLE);
    ap_hook_pre_config(guarded<watch_ajp, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_check_config(guarded<check_levels, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_check_config(guarded<make_maps, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_check_config(guarded<check_intakes, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_pre_config(guarded<prepare_dump, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_test_config(guarded<dump_policy, Nothing{}>, nullptr, nullptr, APR_HOOK_MIDDLE);
}

void register_revocation()
{
    // mod_ssl tells whom the virtual hosts trust.
    ap_hook_post_config(guarded<prepare_revocation, refuse>, mod_ssl, mod_watchdog,
                        APR_HOOK_MIDDLE);
    ap_hook_child_init(guarded<watch_connections, Nothing{}>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_child_init(guarded<end_job_with_child, Nothing{}>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_pre_close_connection(guarded<forget_connection, OK>, nullptr, nullptr, APR_HOOK_MIDDLE);
}

void register_evidence()
{
    APR_OPTIONAL_HOOK(ssl, init_server, (guarded<init_server, refuse>), nullptr, nullptr,
                      APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, (guarded<pre_handshake, refuse>), nullptr, nullptr,
                      APR_HOOK_MIDDLE);
    ap_hook_pre_connection(guarded<expect_proxies, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(guarded<receive, refuse>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
}

void register_decision(apr_pool_t *pool)
{
    ap_hook_quick_handler(guarded<refuse_early, refuse>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access(guarded<require, refuse>, mod_ssl, nullptr, APR_HOOK_MIDDLE,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(guarded<authenticate, refuse>, nullptr, nullptr, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_force_authn(guarded<force_password, OK>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_check_authz(guarded<check_password, refuse>, nullptr, nullptr, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(guarded<require_again_and_tell, refuse>, nullptr, nullptr,
                   APR_HOOK_REALLY_FIRST);
    register_authz_providers(pool);
    ap_hook_expr_lookup(guarded<look_up_for_others, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
}

void register_forwarding()
{
    // mod_dir, in its fixups, replaces the request's location by that of the index file.
    ap_hook_fixups(guarded<forward, refuse>, mod_dir, nullptr, APR_HOOK_REALLY_LAST);
    APR_OPTIONAL_HOOK(proxy, fixups, (guarded<set_headers_again, refuse>), nullptr, nullptr,
                      APR_HOOK_MIDDLE);
    ap_hook_insert_filter(guarded<insert_header_filters, Nothing{}>, mod_headers, nullptr,
                          APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(guarded<insert_header_filters, Nothing{}>, mod_headers, nullptr,
                                APR_HOOK_REALLY_LAST);
    register_header_filters();
}

/// Why, and how things are.
void register_telling()
{
    ap_hook_translate_name(guarded<keep_silent, refuse>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_post_perdir_config(guarded<stop_here, refuse>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(guarded<show_denial, Nothing{}>, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_handler(guarded<show_page, refuse>, nullptr, nullptr, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, (guarded<add_to_server_status, DECLINED>), nullptr, nullptr,
                      APR_HOOK_MIDDLE);
    ap_hook_log_transaction(guarded<before_log, DECLINED>, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
}

void register_hooks(apr_pool_t *pool) noexcept
{
    register_configuration();
    register_revocation();
    register_evidence();
    register_decision(pool);
    register_forwarding();
    register_telling();
}

constexpr auto directives = directive_table<DirectoryConfig, ServerSettings>();

}  // namespace

// By its tag: `module`, the typedef, is a keyword to C++20 compilers.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): httpd writes to it
module_struct clientcert_module = {
    .version = MODULE_MAGIC_NUMBER_MAJOR,
    .minor_version = MODULE_MAGIC_NUMBER_MINOR,
    .module_index = -1,
    .name = "mod_clientcert.c",  // as <IfModule> and hook ordering spell it
    .dynamic_load_handle = nullptr,
    .next = nullptr,
    .magic = MODULE_MAGIC_COOKIE,
    .rewrite_args = nullptr,
    .create_dir_config = DirectoryConfig::create,
    .merge_dir_config = DirectoryConfig::merge,
    .create_server_config = ServerConfig::create,
    .merge_server_config = ServerConfig::merge,
    .cmds = directives.data(),
    .register_hooks = register_hooks,
    .flags = AP_MODULE_FLAG_NONE,
};

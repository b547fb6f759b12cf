// SPDX-License-Identifier: Apache-2.0
// A request's backend is known when mod_proxy asks the modules of its schemes, not before: a
// balancer may have members of several. That hook belongs to mod_proxy.so, which may be loaded
// after this module or not at all: it is looked up.
#include "httpd/forwarding/ajp.hh"

#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/evidence/connection.hh"
#include "httpd/request.hh"

#include <apr_dso.h>

#include <dlfcn.h>
#include <string_view>

namespace clientcert::httpd {
namespace {

using AddHandler = decltype(proxy_hook_scheme_handler);

AddHandler *find_hook()
{
    constexpr const char *name = "proxy_hook_scheme_handler";
    const auto *proxy = ap_find_linked_module("mod_proxy.c");
    if (proxy == nullptr)
        return nullptr;
    apr_dso_handle_sym_t symbol = nullptr;
    if (proxy->dynamic_load_handle == nullptr ||
        apr_dso_sym(&symbol, static_cast<apr_dso_handle_t *>(proxy->dynamic_load_handle), name) !=
            APR_SUCCESS)
        symbol = dlsym(RTLD_DEFAULT, name);
    return reinterpret_cast<AddHandler *>(symbol);
}

bool is_ajp(const char *url)
{
    constexpr std::string_view scheme{"ajp:"};
    return ap_cstr_casecmpn(url, scheme.data(), scheme.size()) == 0;
}

int refuse_wrong_certificate(request_rec *r, proxy_worker *, proxy_server_conf *, char *url,
                             const char *, apr_port_t)
{
    const auto *connection = Connection::of(*r->connection);
    if (connection == nullptr || !is_ajp(url) || !connection->has_certificate())
        return DECLINED;
    const Verdict &verdict = client_of(*r).verdict();
    const auto level = server_config(*r->server).level();
    // At level ssl it is as without this module.
    const bool bad = level == Level::report && verdict.state == Verdict::State::failed;
    const bool ignored = level == Level::off;
    if (!bad && !ignored && !is_passed(*r))
        return DECLINED;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  CCLOGNO(0113) "mod_proxy_ajp would hand on %s as that of the user: use "
                                "mod_proxy_http and ClientCertForward",
                  bad       ? "a certificate that is bad"
                  : ignored ? "a certificate that is to be ignored"
                            : "the certificate of the proxy");
    set_reason(*r, verdict.reason);
    return HTTP_FORBIDDEN;
}

}  // namespace

int watch_ajp(apr_pool_t *, apr_pool_t *plog, apr_pool_t *)
{
    if (auto *add = find_hook()) {
        add(guarded<refuse_wrong_certificate, HTTP_INTERNAL_SERVER_ERROR>, nullptr, nullptr,
            APR_HOOK_REALLY_FIRST);
        return OK;
    }
    if (ap_find_linked_module("mod_proxy_ajp.c") == nullptr)
        return OK;
    ap_log_perror(APLOG_MARK, APLOG_CRIT, 0, plog,
                  CCLOGNO(0007) "mod_proxy_ajp is loaded, but mod_proxy has no hook for its "
                                "requests: bad certificates could be handed on");
    return HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace clientcert::httpd

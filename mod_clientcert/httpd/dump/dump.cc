// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/dump.hh"

#include "httpd/barrier.hh"
#include "httpd/dump/report.hh"
#include "httpd/dump/warnings.hh"

#include <cstdio>

namespace clientcert::httpd {
namespace {

bool is_wanted()
{
    return ap_exists_config_define("DUMP_CLIENTCERT");
}

/// Left to httpd's main() are the exit and its status.
bool print(const std::string &text)
{
    return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

}  // namespace

int prepare_dump(apr_pool_t *, apr_pool_t *, apr_pool_t *)
{
    // Once a server runs it goes on, whatever its configuration defines.
    if (is_wanted() && ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
        ap_run_mode == AP_SQ_RM_NORMAL)
        ap_run_mode = AP_SQ_RM_CONFIG_TEST;
    return OK;
}

void dump_policy(apr_pool_t *pconf, server_rec *s)
{
    if (!is_wanted())
        return;
    const auto configuration = dump::Configuration::read(pconf, *s);
    const std::string warnings = dump::warnings_of(configuration);
    if (!print(dump::report_on(configuration) + '\n' +
               (warnings.empty() ? "No warnings.\n" : warnings)))
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, CCLOGNO(0601) "cannot print the policy");
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/dump.hh"

#include "httpd/barrier.hh"
#include "httpd/dump/report.hh"
#include "httpd/dump/warnings.hh"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace clientcert::httpd {
namespace {

constexpr const char *name = "DUMP_CLIENTCERT";

bool is_wanted()
{
    return ap_exists_config_define(name);
}

/// Not by a Define in a file, which would keep `httpd -k stop` from stopping the server as well.
bool is_on_command_line(const process_rec &process)
{
    for (int i = 1; i < process.argc; ++i) {
        const std::string_view argument{process.argv[i]};
        if (argument == std::string{"-D"} + name ||
            (argument == name && std::string_view{process.argv[i - 1]} == "-D"))
            return true;
    }
    return false;
}

void print(const std::string &text)
{
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw std::runtime_error{std::strerror(errno)};
}

void print_policy(apr_pool_t *pconf, server_rec &s)
{
    const auto configuration = dump::Configuration::read(pconf, s);
    const std::string warnings = dump::warnings_of(configuration);
    print(dump::report_on(configuration) + '\n' + (warnings.empty() ? "No warnings.\n" : warnings));
}

}  // namespace

int prepare_dump(apr_pool_t *, apr_pool_t *, apr_pool_t *)
{
    if (ap_run_mode == AP_SQ_RM_NORMAL &&
        ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
        is_on_command_line(*ap_server_conf->process))
        ap_run_mode = AP_SQ_RM_CONFIG_TEST;
    return OK;
}

void dump_policy(apr_pool_t *pconf, server_rec *s)
{
    if (!is_wanted())
        return;
    try {
        print_policy(pconf, *s);
    } catch (const std::exception &e) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, CCLOGNO(0601) "cannot print the policy: %s",
                     e.what());
        // httpd would go on to exit with 0.
        std::exit(EXIT_FAILURE);
    }
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// What clientcert-check is made of: commands, one file each.
#pragma once

#include <span>
#include <string>

namespace clientcert::tool {

/// Exit statuses that all commands share; those from 3 on are a command's own.
enum Status : int {
    good = 0,
    bad = 1,    ///< what was checked is not as it should be
    usage = 2,  ///< wrong arguments
};

using Arguments = std::span<const char *const>;

struct Command {
    const char *name;
    const char *summary;  ///< one line, for the list of commands
    const char *help;
    int (*run)(Arguments arguments);
};

/// The commands (each in its own file), for the table in clientcert_check.cc.
int check_cert(Arguments arguments);
extern const char check_cert_help[];
int check_config(Arguments arguments);
extern const char check_config_help[];
int check_crl(Arguments arguments);
extern const char check_crl_help[];
int check_formats(Arguments arguments);
extern const char check_formats_help[];
int check_map(Arguments arguments);
extern const char check_map_help[];

/// Says on standard error what is wrong with the arguments, and where to read on.
int wrong_usage(const char *command, const std::string &problem);

/// Says on standard error why nothing could be checked.
int failed(const char *command, const std::string &problem);

}  // namespace clientcert::tool

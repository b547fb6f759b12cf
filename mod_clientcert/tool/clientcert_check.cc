// SPDX-License-Identifier: Apache-2.0
// clientcert-check: tells what mod_clientcert would say, without a server.
#include "tool/command.hh"

#include <clientcert/octets.hh>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

namespace clientcert::tool {
namespace {

constexpr Command commands[] = {
    {"cert", "tell what a certificate says, and its variables", check_cert_help, check_cert},
    {"config", "tell what a configuration comes to, and its mistakes", check_config_help,
     check_config},
    {"crl", "look at certificate revocation lists", check_crl_help, check_crl},
    {"formats", "show what header formats send, and read them", check_formats_help, check_formats},
    {"map", "tell which user a certificate is", check_map_help, check_map},
};

constexpr const char *head = "Usage: clientcert-check COMMAND [ARGUMENT...]\n"
                             "\n"
                             "Tells what mod_clientcert would say, without a server.\n"
                             "\n"
                             "Commands:\n";
constexpr const char *foot =
    "\n"
    "clientcert-check COMMAND --help tells more about one of them.\n"
    "\n"
    "Exit status: 0 if all is well, 1 if what was checked is not as it should be, 2 if the\n"
    "arguments are wrong, others as the command's help says.\n";

void print_help()
{
    std::fputs(head, stdout);
    for (const auto &command : commands)
        std::printf("  %-10s %s\n", command.name, command.summary);
    std::fputs(foot, stdout);
}

bool asks_for_help(std::string_view argument)
{
    return argument == "--help" || argument == "-h";
}

const Command *command_named(std::string_view name)
{
    for (const auto &command : commands)
        if (name == command.name)
            return &command;
    return nullptr;
}

int run(Arguments arguments)
{
    if (arguments.empty())
        return wrong_usage(nullptr, "a command is missing");
    const std::string name = arguments.front();
    if (asks_for_help(name)) {
        print_help();
        return good;
    }
    const auto *command = command_named(name);
    if (!command)
        return wrong_usage(nullptr, quoted(name) + " is no command");
    for (const std::string_view argument : arguments.subspan(1)) {
        if (argument == "--")
            break;
        if (asks_for_help(argument)) {
            std::fputs(command->help, stdout);
            return good;
        }
    }
    return command->run(arguments.subspan(1));
}

/// What could not be written was not said.
int flushed(int status)
{
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0
               ? status
               : failed(nullptr, "cannot write to standard output");
}

std::string full_name(const char *command)
{
    return command ? std::string{"clientcert-check "} + command : "clientcert-check";
}

}  // namespace

int wrong_usage(const char *command, const std::string &problem)
{
    const auto name = full_name(command);
    std::fprintf(stderr, "%s: %s (%s --help tells more)\n", name.c_str(), problem.c_str(),
                 name.c_str());
    return usage;
}

int failed(const char *command, const std::string &problem)
{
    std::fprintf(stderr, "%s: %s\n", full_name(command).c_str(), problem.c_str());
    return bad;
}

}  // namespace clientcert::tool

int main(int argc, char **argv)
{
    using namespace clientcert::tool;
    std::signal(SIGPIPE, SIG_IGN);  // of connections; for standard output there is `flushed`
    try {
        const Arguments arguments{argv, static_cast<std::size_t>(argc)};
        return flushed(run(arguments.subspan(arguments.empty() ? 0 : 1)));
    } catch (const std::exception &e) {
        return failed(nullptr, e.what());
    }
}

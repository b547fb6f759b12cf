// SPDX-License-Identifier: Apache-2.0
// clientcert-check config: asks httpd, which alone can read its configuration.
#include "tool/options.hh"

#include "core/file.hh"

#include <clientcert/octets.hh>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace clientcert::tool {
namespace {

/// Exit statuses of this command alone.
enum ConfigStatus : int { warned = 3 };

constexpr Option options_of_config[] = {
    {"-f", "FILE"},       {"-d", "DIRECTORY"},    {"-D", "NAME", true},    {"-C", "LINE", true},
    {"-c", "LINE", true}, {"--httpd", "PROGRAM"}, {"--warnings", nullptr},
};

/// Debian's and others' wrappers come first: they know the server's environment.
constexpr const char *programs[] = {"apache2ctl", "apachectl", "apache2", "httpd"};
constexpr const char *places[] = {"/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin"};

bool is_program(const std::string &path)
{
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> directories()
{
    std::vector<std::string> all;
    const char *path = std::getenv("PATH");
    for (std::string_view rest{path != nullptr ? path : ""}; !rest.empty();) {
        const auto end = rest.find(':');
        all.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    all.insert(all.end(), std::begin(places), std::end(places));
    return all;
}

/// Empty where there is none.
std::string program_named(const std::string &name)
{
    for (const auto &directory : directories())
        if (auto path = directory + '/' + name; is_program(path))
            return path;
    return {};
}

std::string found_program()
{
    for (const char *name : programs)
        if (auto path = program_named(name); !path.empty())
            return path;
    return {};
}

/// As a shell looks for what it is told to run.
std::string program_at(const std::string &name)
{
    auto path = name.find('/') == name.npos ? program_named(name) : std::string{};
    return path.empty() ? name : path;
}

/// httpd would look for a relative path below its ServerRoot alone.
std::string file_at(const std::string &path)
{
    std::array<char, PATH_MAX> here;
    const bool is_here = !path.starts_with('/') && ::access(path.c_str(), F_OK) == 0 &&
                         ::getcwd(here.data(), here.size()) != nullptr;
    return is_here ? std::string{here.data()} + '/' + path : path;
}

std::vector<std::string> command_line(const std::string &program, const Options &options)
{
    std::vector<std::string> line{program};
    for (const char *name : {"-f", "-d", "-D", "-C", "-c"})
        for (const auto &value : options.values(name)) {
            line.emplace_back(name);
            line.push_back(std::string_view{name} == "-f" ? file_at(value) : value);
        }
    line.insert(line.end(), {"-t", "-D", "DUMP_CLIENTCERT"});
    return line;
}

/// Both of its outputs, and how it ended.
struct Finished {
    std::string out;
    std::string err;
    int status = 0;
};

[[noreturn]] void become(const std::vector<std::string> &line, int out, int err)
{
    std::vector<char *> arguments;
    arguments.reserve(line.size() + 1);
    for (const auto &word : line)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    const std::string problem = std::string{std::strerror(errno)} + '\n';
    static_cast<void>(::write(STDERR_FILENO, problem.data(), problem.size()));
    ::_exit(127);
}

/// Takes what is there; false at the end.
bool take(Descriptor &pipe, std::string &text)
{
    std::array<char, 65536> buffer;
    const auto size = ::read(pipe.get(), buffer.data(), buffer.size());
    if (size > 0)
        text.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EINTR);
}

void collect(Descriptor out, Descriptor err, Finished &finished)
{
    while (out || err) {
        std::array<pollfd, 2> waiting{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            return;
        if (waiting[0].revents != 0 && !take(out, finished.out))
            out.reset();
        if (waiting[1].revents != 0 && !take(err, finished.err))
            err.reset();
    }
}

std::pair<Descriptor, Descriptor> pipe_ends()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::runtime_error{"no pipe: " + system_error(errno)};
    return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

Finished run(const std::vector<std::string> &line)
{
    auto [out, child_out] = pipe_ends();
    auto [err, child_err] = pipe_ends();
    const auto child = ::fork();
    if (child < 0)
        throw std::runtime_error{"no process: " + system_error(errno)};
    if (child == 0)
        become(line, child_out.get(), child_err.get());
    child_out.reset();
    child_err.reset();
    Finished finished;
    collect(std::move(out), std::move(err), finished);
    while (::waitpid(child, &finished.status, 0) < 0 && errno == EINTR) {
    }
    return finished;
}

/// The lines that warn, "FILE:LINE: warning: ...", at the end, behind an empty one.
std::string warnings_in(const std::string &out)
{
    std::string warnings;
    const auto empty = out.rfind("\n\n");
    for (std::size_t begin = empty == out.npos ? 0 : empty + 2; begin < out.size();) {
        const auto end = std::min(out.find('\n', begin), out.size());
        const auto line = std::string_view{out}.substr(begin, end - begin);
        if (line.find(": warning: ") != line.npos)
            (warnings += line) += '\n';
        begin = end + 1;
    }
    return warnings;
}

int report(const std::string &program, const Finished &finished, bool warnings_only)
{
    const bool ended = WIFEXITED(finished.status);
    if (!ended || WEXITSTATUS(finished.status) != 0) {
        std::fputs(finished.err.c_str(), stderr);
        return failed("config", quoted(program) +
                                    (ended ? " refuses the configuration" : " ended by a signal"));
    }
    if (finished.out.find("The policy of mod_clientcert") == finished.out.npos) {
        std::fputs(finished.err.c_str(), stderr);
        return failed("config", "this configuration does not load mod_clientcert");
    }
    const auto warnings = warnings_in(finished.out);
    std::fputs(warnings_only ? warnings.c_str() : finished.out.c_str(), stdout);
    return warnings.empty() ? static_cast<int>(good) : static_cast<int>(warned);
}

}  // namespace

const char check_config_help[] =
    R"(Usage: clientcert-check config [-f FILE] [-d DIRECTORY] [-D NAME]... [-C LINE]... [-c LINE]...
                               [--httpd PROGRAM] [--warnings]

Prints what httpd's configuration comes to: for each virtual host and section the level, CAs, CRLs,
rules, maps, users, passwords and headers that are in force, each with the file and line that says
so; and behind it warnings of mistakes, "FILE:LINE: warning: ...". It has httpd read the
configuration, as "httpd -t -D DUMP_CLIENTCERT" does; no server is started or disturbed.

  -f FILE          the configuration, in the place of the server's usual one: from here, or
                   from the ServerRoot.
  -d DIRECTORY     its ServerRoot, in the place of the usual one.
  -D NAME          what <IfDefine NAME> asks for. Can be repeated.
  -C LINE, -c LINE a line to be read before, or behind, the configuration. Can be repeated.
  --httpd PROGRAM  httpd, or a script that starts it. Without it, the first that is found of
                   apache2ctl, apachectl, apache2 and httpd.
  --warnings       print the warnings alone.

Exit status:
  0  all is well
  1  httpd refuses the configuration, does not load mod_clientcert, or cannot be run
  2  wrong arguments
  3  there are warnings
)";

int check_config(Arguments arguments)
{
    const auto options = Options::parse(arguments, options_of_config);
    if (!options)
        return wrong_usage("config", options.error());
    if (!options->rest().empty())
        return wrong_usage("config", "no argument is expected but options, not " +
                                         quoted(options->rest().front()));
    const auto wanted = options->value("--httpd");
    const auto program = wanted ? program_at(*wanted) : found_program();
    if (program.empty())
        return failed("config", "there is no apache2ctl, apachectl, apache2 or httpd: --httpd says "
                                "where it is");
    if (!is_program(program))
        return failed("config", quoted(program) + " is no program that can be run");
    return report(program, run(command_line(program, *options)), options->has("--warnings"));
}

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// What maps of users cost; map.sh counts the instructions.
//
//     user-maps file KEYS LOOKUPS               a file with the fingerprints of so many users
//     user-maps regex RULES EVALUATIONS CERT    so many rules, of which the last one matches
#include <clientcert/certificate_file.hh>
#include <clientcert/client.hh>
#include <clientcert/lookup_file.hh>
#include <clientcert/user_map.hh>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <stdexcept>

namespace {

using namespace clientcert;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void print(const char *what, double number, const char *unit)
{
    std::printf("%-40s %10.1f %s\n", what, number, unit);
}

/// Resident at the moment, in octets.
double memory()
{
    std::ifstream file{"/proc/self/statm"};
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// The nth is always the same.
std::string fingerprint(std::size_t n)
{
    const auto text = std::to_string(n);
    return lower_hex(sha256(octets_of(text)));
}

/// A file that is gone with it.
class TemporaryFile {
public:
    TemporaryFile()
    {
        const int fd = mkstemp(path_.data());
        if (fd < 0)
            throw std::runtime_error{"no temporary file"};
        close(fd);
    }
    ~TemporaryFile() { unlink(path_.c_str()); }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;

    const std::string &path() const { return path_; }

private:
    std::string path_ = "/tmp/user-maps.XXXXXX";
};

void write_users(const std::string &path, std::size_t count)
{
    std::ofstream file{path};
    for (std::size_t n = 0; n < count; ++n)
        file << fingerprint(n) << " user" << n << '\n';
}

int measure_file(std::size_t keys, std::size_t lookups)
{
    const TemporaryFile users;
    write_users(users.path(), keys);
    LookupFile file{users.path()};
    const double before = memory();
    const auto start = Clock::now();
    if (const auto read = file.refresh(); !read)
        throw std::runtime_error{read.error()};
    print("reading", milliseconds_since(start), "ms");
    const auto count = static_cast<double>(keys);
    print("resident after it, more than before", (memory() - before) / count, "octets a key");
    print("in use", static_cast<double>(file.status().octets) / count, "octets a key");

    std::vector<std::string> asked;
    for (std::size_t n = 0; n < 1000; ++n)  // half of them are there
        asked.push_back(fingerprint(n * 7919 % keys + (n % 2 == 0 ? 0 : keys)));
    std::size_t found = 0;
    const auto begin = Clock::now();
    for (std::size_t n = 0; n < lookups; ++n)
        found += file.find(asked[n % asked.size()]).state == MapLookup::Answer::State::found;
    print("a look-up", milliseconds_since(begin) * 1e6 / static_cast<double>(lookups), "ns");
    return found == (lookups + 1) / 2 ? 0 : throw std::runtime_error{"wrong answers"};
}

UserMap map_with(std::size_t rules)
{
    UserMap map;
    for (std::size_t n = 1; n < rules; ++n)
        map.add(*MapRule::parse(
            "subject:CN \"([a-z]+)\\.([a-z]+)-" + std::to_string(n) + "@example\\.com\" $1", {}));
    map.add(*MapRule::parse("subject:CN \"([A-Za-z]+).*\" $1", {}));
    return map;
}

int measure_rules(std::size_t rules, std::size_t evaluations, const std::string &path)
{
    const auto start = Clock::now();
    const auto map = map_with(rules);
    print("compiling the rules", milliseconds_since(start), "ms");
    const auto certificates = certificates_in(path);
    if (!certificates)
        throw std::runtime_error{certificates.error()};
    auto evidence = std::make_shared<Evidence>();
    evidence->leaf = certificates->front();
    const Client client{evidence, Verdict{.state = Verdict::State::success}, nullptr, {}};
    const auto pattern = Regex::compile(usual_user_pattern);
    std::size_t users = 0;
    const auto begin = Clock::now();
    for (std::size_t n = 0; n < evaluations; ++n)
        users += map.evaluate(client, *pattern, Time{}).state == MapOutcome::State::user;
    print("an evaluation", milliseconds_since(begin) * 1e6 / static_cast<double>(evaluations),
          "ns");
    return users == evaluations ? 0 : throw std::runtime_error{"wrong users"};
}

std::size_t number(const char *text)
{
    return std::strtoull(text, nullptr, 10);
}

}  // namespace

int main(int argc, char **argv)
{
    const std::vector<std::string> words{argv + 1, argv + argc};
    try {
        if (words.size() == 3 && words[0] == "file")
            return measure_file(number(argv[2]), number(argv[3]));
        if (words.size() == 4 && words[0] == "regex")
            return measure_rules(number(argv[2]), number(argv[3]), words[3]);
        std::fputs("usage: user-maps file KEYS LOOKUPS | regex RULES EVALUATIONS CERT\n", stderr);
        return 2;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "user-maps: %s\n", e.what());
        return 1;
    }
}

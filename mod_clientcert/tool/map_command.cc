// SPDX-License-Identifier: Apache-2.0
// clientcert-check map
#include "tool/authorities.hh"
#include "tool/map_report.hh"
#include "tool/options.hh"
#include "tool/presented.hh"

#include <clientcert/client.hh>
#include <clientcert/clock.hh>

namespace clientcert::tool {
namespace {

/// Exit statuses of this command alone.
enum MapStatus : int { denied = 3, untold = 4, invalid = 5 };

constexpr Option options_of_map[] = {
    {"-f", "MAP.CONF"},      {"--map", "NAME"},   {"--ca", "FILE", true},
    {"--root", "DIRECTORY"}, {"--json", nullptr},
};

int complain(const std::string &problem)
{
    return wrong_usage("map", problem);
}

std::string names_of(const MapFile &file)
{
    std::string names;
    for (const auto &map : file.maps)
        names += (names.empty() ? "" : ", ") + quoted(map.name);
    return names;
}

/// The map that is meant.
Result<const NamedMap *> chosen(const MapFile &file, const Options &options)
{
    if (file.maps.empty())
        return Error{"there is no ClientCertMap line in " + quoted(*options.value("-f"))};
    const auto name = options.value("--map");
    if (!name && file.maps.size() > 1)
        return Error{"there are several maps, --map says which: " + names_of(file)};
    const auto *map = name ? file.named(*name) : &file.maps.front();
    if (map == nullptr)
        return Error{"there is no map " + quoted(*name) + ", but " + names_of(file)};
    if (map->map.has_pins() && !options.has("--ca"))
        return Error{"a rule of " + quoted(map->name) +
                     " pins the issuer: --ca names the CA certificates to verify the chain with"};
    return map;
}

int status_of(const MapOutcome &outcome)
{
    using State = MapOutcome::State;
    return outcome.state == State::user       ? static_cast<int>(good)
           : outcome.state == State::no_match ? static_cast<int>(bad)
           : outcome.state == State::denied   ? static_cast<int>(denied)
                                              : static_cast<int>(untold);
}

int evaluate(const NamedMap &map, const std::string &pattern, const Evidence &evidence,
             const std::optional<Trust> &trust, bool json)
{
    const Time now = current_time();
    const Verdict verdict =
        trust ? judge(evidence, *trust, now) : Verdict{.state = Verdict::State::success};
    MapReport report{map, rfc4514(evidence.leaf->subject()), {}, {}};
    if (!verdict.valid()) {
        const auto problem = "the certificate is not good: " + std::string{word(verdict.reason)};
        if (json)
            print_json_error(report, problem);
        failed("map", problem);
        return invalid;
    }
    const Client client{
        std::make_shared<const Evidence>(evidence), verdict, trust ? &*trust : nullptr, {}};
    report.outcome = map.map.evaluate(client, *Regex::compile(pattern), now, &report.trace);
    json ? print_json(report) : print_text(report);
    return status_of(report.outcome);
}

}  // namespace

const char check_map_help[] =
    R"(Usage: clientcert-check map -f MAP.CONF [--map NAME] [--ca FILE]... [--root DIRECTORY] [--json]
                            CERTIFICATE

Tells which user a certificate is by the rules of a map, rule by rule: which matched, which did not,
and on what values.

CERTIFICATE is a PEM file: the client's certificate, and behind it those between it and its CA.

  -f MAP.CONF      ClientCertMap lines as httpd's configuration has them, comments, and at most one
                   ClientCertUserPattern.
  --map NAME       the map, where the file has several.
  --ca FILE        CA certificates in PEM, those of SSLCACertificateFile. Can be repeated. The
                   certificate has to be good under them. Rules that pin an issuer need it.
                   Without it nobody looks whether the certificate is good.
  --root DIRECTORY the server's ServerRoot, where relative paths of file: begin.
  --json           print one JSON object.

Of the lookups, file: is made; dbm:, dbd: and ldap: need the server, and where one of them is reached
nobody can tell the user.

Exit status:
  0  the certificate is a user
  1  it is nobody: no rule matches, or what comes out is no user name
  2  wrong arguments, a file that cannot be read, or a line of MAP.CONF is wrong
  3  a rule denies it
  4  it cannot be told: a lookup needs the server or fails, or a pattern takes too long
  5  the certificate is not good under --ca
)";

int check_map(Arguments arguments)
{
    const auto options = Options::parse(arguments, options_of_map);
    if (!options)
        return complain(options.error());
    if (!options->has("-f"))
        return complain("-f MAP.CONF is missing");
    if (options->rest().size() != 1)
        return complain("one CERTIFICATE is expected, not " +
                        std::to_string(options->rest().size()));
    const auto file = MapFile::read(*options->value("-f"), options->value("--root").value_or(""));
    if (!file)
        return complain(file.error());
    const auto map = chosen(*file, *options);
    if (!map)
        return complain(map.error());
    const auto evidence = presented_in(options->rest().front());
    if (!evidence)
        return complain(evidence.error());
    const auto trust = trust_in(options->values("--ca"));
    if (!trust)
        return complain(trust.error());
    return evaluate(**map, file->pattern, *evidence, *trust, options->has("--json"));
}

}  // namespace clientcert::tool

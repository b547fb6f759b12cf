// SPDX-License-Identifier: Apache-2.0
// clientcert-check crl
#include "tool/crl_report.hh"
#include "tool/options.hh"
#include "tool/source.hh"

#include <clientcert/clock.hh>
#include <clientcert/crl_fetch.hh>
#include <clientcert/crl_keeper.hh>

#include <chrono>

namespace clientcert::tool {
namespace {

/// Exit statuses of this command alone.
enum CrlStatus : int { revoked = 3, waiting = 4, overdue = 5 };

constexpr Option options_of_crl[] = {
    {"--ca", "FILE", true}, {"--serial", "HEX"},           {"--issuer", "NAME"},
    {"--json", nullptr},    {"--forget-number", "ISSUER"}, {"--state-dir", "PATH"},
};

Result<Report> report_on(const std::string &where, const Authorities *authorities,
                         const Asked *asked)
{
    const std::uint64_t max_size = CrlSource{}.max_size;
    auto opened = open_source(where, max_size);
    if (!opened)
        return Error{opened.error()};
    auto source = *std::move(opened);
    CrlReader reader{source, max_size};
    Report report{printable_url(where), {}};
    for (;;) {
        auto read = reader.next();
        if (!read)
            return Error{quoted(report.source) + " is refused: " + read.error()};
        auto crl = *std::move(read);
        if (!crl)
            return report;
        report.crls.push_back(CrlReport::of(*std::move(crl), authorities, asked, current_time()));
    }
}

int status_of(const Report &report)
{
    using Use = CrlReport::Use;
    const auto use = report.use();
    return use == Use::refused   ? bad
           : report.revoked()    ? static_cast<int>(revoked)
           : use == Use::waiting ? static_cast<int>(waiting)
           : use == Use::overdue ? static_cast<int>(overdue)
                                 : good;
}

int check(const Options &options)
{
    if (options.rest().size() != 1)
        return wrong_usage("crl", "one FILE or URL is expected, not " +
                                      std::to_string(options.rest().size()));
    const auto &where = options.rest().front();
    if (options.has("--state-dir"))
        return wrong_usage("crl", "--state-dir goes with --forget-number");
    if (options.has("--issuer") && !options.has("--serial"))
        return wrong_usage("crl", "--issuer goes with --serial");

    std::optional<Asked> asked;
    if (const auto serial = options.value("--serial")) {
        auto parsed = Asked::parse(*serial, options.value("--issuer"));
        if (!parsed)
            return wrong_usage("crl", parsed.error());
        asked = *std::move(parsed);
    }
    std::optional<Authorities> authorities;
    if (options.has("--ca")) {
        auto read = Authorities::read(options.values("--ca"));
        if (!read)
            return wrong_usage("crl", read.error());
        authorities = *std::move(read);
    }

    const auto *asked_for = asked ? &*asked : nullptr;
    const auto report = report_on(where, authorities ? &*authorities : nullptr, asked_for);
    if (!report) {
        if (options.has("--json"))
            print_json_error(printable_url(where), report.error());
        return failed("crl", report.error());
    }
    options.has("--json") ? print_json(*report, asked_for) : print_text(*report, asked_for);
    return status_of(*report);
}

int forget(const Options &options)
{
    if (!options.rest().empty() || options.has("--ca") || options.has("--serial") ||
        options.has("--issuer") || options.has("--json"))
        return wrong_usage("crl", "--forget-number takes --state-dir and nothing else");
    const auto issuer = *options.value("--forget-number");
    if (const auto name = DistinguishedName::parse(issuer); !name)
        return wrong_usage("crl", name.error());
    auto directory = options.value("--state-dir");
#ifdef CLIENTCERT_STATE_DIRECTORY
    if (!directory)
        directory = CLIENTCERT_STATE_DIRECTORY;
#endif
    if (!directory)
        return wrong_usage("crl", "--state-dir PATH is missing: the server's ClientCertStateDir");
    if (const auto forgotten = forget_number(*directory, issuer); !forgotten)
        return failed("crl", forgotten.error());
    return good;
}

}  // namespace

const char check_crl_help[] =
    R"(Usage: clientcert-check crl FILE|URL [--ca FILE]... [--serial HEX [--issuer NAME]] [--json]
       clientcert-check crl --forget-number ISSUER [--state-dir PATH]

Reads certificate revocation lists as mod_clientcert does, and tells what they say and what the
module would make of them. What is in force on a server already is not looked at: there a CRL with a
lower number than that is refused.

FILE is what ClientCertCRL takes: DER, or PEM with any number of CRLs. URL is fetched first: http,
https, ldap or ldaps, with the proxies and CA certificates that the environment names (http_proxy,
SSL_CERT_FILE, ...).

  --ca FILE        CA certificates in PEM, those of SSLCACertificateFile and ClientCertCRLIssuer.
                   Can be repeated. Without it signatures are not checked.
  --serial HEX     look up the certificate with this serial number, in hexadecimal digits.
  --issuer NAME    its issuer (RFC 4514: "CN=Some CA,O=Example"); without it, the CRL's own.
                   Indirect CRLs revoke certificates of several issuers.
  --json           print one JSON object.

  --forget-number ISSUER
                   let the next CRL of ISSUER (RFC 4514) start its numbers anew, as that of a CA
                   that was rebuilt does. For a user who may write into the state directory.
  --state-dir PATH the server's ClientCertStateDir.

Exit status:
  0  all CRLs are good (without --ca: as far as can be said), and the certificate is not revoked
  1  the module would refuse a CRL, or it cannot be read
  2  wrong arguments
  3  the certificate is revoked
  4  a CRL is not used yet: its issuer is not among the CA certificates, or its date is to come
  5  a CRL is overdue
)";

int check_crl(Arguments arguments)
{
    const auto options = Options::parse(arguments, options_of_crl);
    if (!options)
        return wrong_usage("crl", options.error());
    return options->has("--forget-number") ? forget(*options) : check(*options);
}

}  // namespace clientcert::tool

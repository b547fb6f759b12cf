// SPDX-License-Identifier: Apache-2.0
// clientcert-check cert
#include "core/utf8.hh"
#include "tool/authorities.hh"
#include "tool/cert_findings.hh"
#include "tool/json.hh"
#include "tool/options.hh"
#include "tool/presented.hh"

#include <clientcert/certificate_facts.hh>
#include <clientcert/client.hh>
#include <clientcert/clock.hh>
#include <clientcert/variable.hh>

#include <algorithm>

namespace clientcert::tool {
namespace {

/// Exit statuses of this command alone; `invalid` is that of `map`.
enum CertStatus : int { invalid = 5 };

constexpr Option options_of_cert[] = {
    {"--ca", "FILE", true},
    {"--json", nullptr},
};

struct CertReport {
    std::string file;
    Evidence evidence;
    bool is_verified;  ///< there were CA certificates to verify it with
    Verdict verdict;
    std::vector<std::pair<std::string, std::string>> variables;
    std::vector<std::string> findings;

    std::vector<const Certificate *> certificates() const
    {
        std::vector<const Certificate *> all{&*evidence.leaf};
        for (const auto &certificate : evidence.chain)
            all.push_back(&certificate);
        return all;
    }
};

std::vector<std::pair<std::string, std::string>> variables_of(const Client &client)
{
    auto names = Variable::names_for(client);
    std::ranges::move(Variable::ssl_names_for(client), std::back_inserter(names));
    std::vector<std::pair<std::string, std::string>> all;
    for (auto &name : names)
        if (const auto variable = Variable::named(name))
            if (auto value = variable->value(client); !value.empty())
                all.emplace_back(std::move(name), std::move(value));
    return all;
}

CertReport report_on(const std::string &file, Evidence evidence, const std::optional<Trust> &trust)
{
    const Time now = current_time();
    const Verdict verdict =
        trust ? judge(evidence, *trust, now) : Verdict{.state = Verdict::State::success};
    const Client client{
        std::make_shared<const Evidence>(evidence), verdict, trust ? &*trust : nullptr, {}};
    auto findings = findings_on(evidence, now);
    return {file,    std::move(evidence),  trust.has_value(),
            verdict, variables_of(client), std::move(findings)};
}

/// On one line.
std::string shown(const std::string &value)
{
    if (value.find('\n') != value.npos)
        return "(" + std::to_string(value.size()) + " octets of PEM; --json prints them)";
    return shown_text(value);
}

void print_row(const char *label, const std::string &value)
{
    std::printf("  %-19s %s\n", label, shown(value).c_str());
}

void print_text(const CertReport &report)
{
    const auto certificates = report.certificates();
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        std::printf("%s, certificate %zu of %zu\n", shown(report.file).c_str(), i + 1,
                    certificates.size());
        for (const auto &fact : facts_of(*certificates[i]))
            for (const auto &value : fact.values)
                print_row(label_of(fact).c_str(), value);
        std::putchar('\n');
    }
    std::puts("The module");
    const std::string state{word(report.verdict.state)};
    if (!report.is_verified)
        print_row("verdict", "not known: --ca names the CA certificates");
    else
        print_row("verdict", report.verdict.valid()
                                 ? state
                                 : state + ": " + std::string{word(report.verdict.reason)});
    for (const auto &finding : report.findings)
        print_row("finding", finding);
    std::printf("\nVariables%s\n", report.is_verified ? "" : ", if it is good");
    std::size_t width = 0;
    for (const auto &[name, value] : report.variables)
        width = std::max(width, name.size());
    for (const auto &[name, value] : report.variables)
        std::printf("  %-*s  %s\n", static_cast<int>(width), name.c_str(), shown(value).c_str());
}

JsonPtr described(const Certificate &certificate)
{
    auto described = object();
    for (const auto &fact : facts_of(certificate))
        put(described, fact.name,
            fact.is_list          ? texts(fact.values)
            : fact.values.empty() ? null()
                                  : text(fact.values.front()));
    put(described, "pem", text(certificate.pem()));
    return described;
}

void print_json(const CertReport &report)
{
    auto certificates = array();
    for (const auto *certificate : report.certificates())
        append(certificates, described(*certificate));
    auto variables = object();
    for (const auto &[name, value] : report.variables)
        put(variables, name.c_str(), text(value));
    auto all = object();
    put(all, "file", text(report.file));
    put(all, "verify", report.is_verified ? text(word(report.verdict.state)) : null());
    put(all, "reason", report.is_verified ? text(word(report.verdict.reason)) : null());
    put(all, "findings", texts(report.findings));
    put(all, "certificates", std::move(certificates));
    put(all, "variables", std::move(variables));
    tool::print(all);
}

int status_of(const CertReport &report)
{
    if (!report.verdict.valid())
        return invalid;
    return report.findings.empty() ? good : bad;
}

}  // namespace

const char check_cert_help[] =
    R"(Usage: clientcert-check cert [--ca FILE]... [--json] FILE

Tells what a certificate says: its fields, names as RFC 4514 writes them, alternative names,
fingerprints, what its key may be used for, where its CRLs are; what speaks against it; and each
variable that a rule, a header or a log format can name, with its value.

FILE has the client's certificate in PEM, and behind it those between it and its CA; or one
certificate in DER.

  --ca FILE        CA certificates in PEM, those of SSLCACertificateFile. Can be repeated. The
                   certificate is verified under them as the module does, without CRLs: the
                   variables are empty where it is not good. Without it nobody looks.
  --json           print one JSON object.

Findings are: it has expired, or soon will; a weak key or signature; not meant for TLS clients; the
certificate of a CA; version 1 or 2; an odd serial number; no name, or one with control characters;
certificates in the wrong order.

Exit status:
  0  nothing speaks against it (with --ca: and it is good)
  1  something speaks against it, or FILE cannot be read
  2  wrong arguments
  5  it is not good under --ca
)";

int check_cert(Arguments arguments)
{
    const auto options = Options::parse(arguments, options_of_cert);
    if (!options)
        return wrong_usage("cert", options.error());
    if (options->rest().size() != 1)
        return wrong_usage("cert",
                           "one FILE is expected, not " + std::to_string(options->rest().size()));
    const auto trust = trust_in(options->values("--ca"));
    if (!trust)
        return wrong_usage("cert", trust.error());
    const auto &file = options->rest().front();
    const auto evidence = presented_in(file);
    if (!evidence)
        return failed("cert", evidence.error());
    const auto report = report_on(file, *evidence, *trust);
    options->has("--json") ? print_json(report) : print_text(report);
    return status_of(report);
}

}  // namespace clientcert::tool

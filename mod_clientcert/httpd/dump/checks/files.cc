// SPDX-License-Identifier: Apache-2.0
// Mistakes in CA certificates, CRLs, and what is said of them.
#include "httpd/dump/warnings.hh"

#include "core/openssl.hh"

#include <clientcert/clock.hh>
#include <clientcert/name.hh>

#include <set>

namespace clientcert::httpd::dump {
namespace {

constexpr auto soon = std::chrono::days{30};

/// What is wrong with one that others are to chain to, or (`of_crls`) that signs CRLs; "" where
/// nothing is.
std::string fault_of(const Certificate &certificate, bool of_crls, Time now)
{
    const openssl::ErrorScope errors;
    if (certificate.not_after() < now)
        return "expired at " + rfc3339(certificate.not_after()) +
               (of_crls ? "" : ": no client of it is let in") + "; put the new certificate there";
    if (now < certificate.not_before())
        return "is not valid before " + rfc3339(certificate.not_before());
    if (!of_crls && X509_check_ca(certificate.x509()) == 0)
        return "is no CA: nothing can chain to it; put the certificate of the CA there";
    if (of_crls && (X509_get_key_usage(certificate.x509()) & KU_CRL_SIGN) == 0)
        return "may sign no CRLs by its key usage; put the certificate of their issuer there";
    if (certificate.not_after() < now + soon)
        return "expires at " + rfc3339(certificate.not_after()) +
               ": put the next one beside it in time";
    return {};
}

template <typename Visit>
void for_each_line_of_all(const Configuration &configuration, Visit &&visit)
{
    for_each_section(*configuration.top,
                     [&](const Section &section) { for_each_line(section, visit); });
}

/// The names of all CAs and CRL issuers that the configuration has; nothing where some cannot be
/// read, which may be anybody's.
std::optional<std::set<NameId>> known_names(const Configuration &configuration)
{
    std::set<NameId> names;
    bool all_read = true;
    for_each_line_of_all(configuration, [&](Line line) {
        if (!names_authorities(*line))
            return;
        const auto &certificates = configuration.files.authorities_at(line);
        all_read = all_read && certificates;
        if (certificates)
            for (const auto &certificate : *certificates)
                names.insert(name_id(certificate.subject()));
    });
    return all_read ? std::optional{names} : std::nullopt;
}

void check_crl(Line line, const CrlFile &file, const std::optional<std::set<NameId>> &known,
               Warnings &warnings)
{
    for (const auto &crl : file.crls) {
        const std::string told = file.path + ": the CRL of " + quoted(printed_issuer(crl));
        if (known && !known->contains(crl.issuer_id))
            warnings.add(line, told + " is of no CA that is configured: it waits until a client "
                                      "brings that CA's certificate along; \"ClientCertCRLIssuer "
                                      "FILE\" names it at once");
        if (crl.next_update <= current_time())
            warnings.add(line, told + " is overdue since " + rfc3339(crl.next_update) +
                                   ": fetch the next one; ClientCertCRLPolicy expired= says what "
                                   "becomes of clients until then");
    }
    if (!file.problem.empty())
        warnings.add(line, file.path + " cannot be used as a CRL: " + file.problem);
}

bool any_host_has_crls(const Configuration &configuration)
{
    for (const auto &host : configuration.hosts)
        if (!host.settings().get<Crl>().empty())
            return true;
    return false;
}

bool any_source_is_cdp(const Configuration &configuration)
{
    for (const auto &host : configuration.hosts)
        for (const auto *source : host.settings().get<Crl>())
            if (source->kind() == CrlSource::Kind::cdp)
                return true;
    return false;
}

/// Settings of one host that CRLs of that host are needed for.
void check_host(const Host &host, Warnings &warnings)
{
    const auto &settings = host.settings();
    if (!settings.get<Crl>().empty() || !host.counts)
        return;
    constexpr const char *idle = " does nothing: no ClientCertCRL covers this virtual host";
    for (Line line : {settings.said<CrlPolicy>(), settings.said<RevokedConnections>()})
        if (line != nullptr)
            warnings.add(line, text_of(*line) + idle);
}

}  // namespace

void unfit_authorities(const Configuration &configuration, Warnings &warnings)
{
    const Time now = current_time();
    for_each_line_of_all(configuration, [&](Line line) {
        if (!names_authorities(*line))
            return;
        const auto &certificates = configuration.files.authorities_at(line);
        if (!certificates) {
            warnings.add(line, text_of(*line) + ": " + certificates.error());
            return;
        }
        const bool of_crls = is_named(*line, "ClientCertCRLIssuer");
        for (const auto &certificate : *certificates)
            if (const auto fault = fault_of(certificate, of_crls, now); !fault.empty())
                warnings.add(line, name_of(*line) + ": the certificate " +
                                       quoted(rfc4514(certificate.subject())) + " " + fault);
    });
}

void crls_of_strangers(const Configuration &configuration, Warnings &warnings)
{
    const auto known = known_names(configuration);
    for (const auto &host : configuration.hosts)
        for (Line line : lines_of<Crl>(host.settings(), configuration.registry->places))
            for (const auto &file : configuration.files.crls_at(line))
                check_crl(line, file, known, warnings);
}

void crl_settings_without_crls(const Configuration &configuration, Warnings &warnings)
{
    const bool any = any_host_has_crls(configuration);
    const bool cdp = any_source_is_cdp(configuration);
    bool has_hosts = false;
    for (const auto &host : configuration.hosts) {
        check_host(host, warnings);
        const auto &places = configuration.registry->places;
        for (Line line : lines_of<CrlIssuer>(host.settings(), places))
            if (!any)
                warnings.add(line, text_of(*line) + " does nothing: there is no ClientCertCRL");
        for (Line line : lines_of<CrlHosts>(host.settings(), places)) {
            has_hosts = true;
            if (!cdp)
                warnings.add(line, text_of(*line) + " does nothing: there is no \"ClientCertCRL "
                                                    "cdp\"");
        }
    }
    for (const auto &host : configuration.hosts)
        for (Line line : lines_of<Crl>(host.settings(), configuration.registry->places))
            if (!has_hosts && words_of(line).front() == "cdp")
                warnings.add(line, "ClientCertCRL cdp fetches nothing: ClientCertCRLHosts has to "
                                   "name the hosts that may be asked");
}

}  // namespace clientcert::httpd::dump

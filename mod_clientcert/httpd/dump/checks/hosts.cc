// SPDX-License-Identifier: Apache-2.0
// Mistakes in who asks for certificates, and in who is believed.
#include "httpd/dump/requirements.hh"
#include "httpd/dump/warnings.hh"

#include <clientcert/equalities.hh>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// Whether such a line only passes on what it looks at, or writes it down.
bool only_tells(const ap_directive_t &line)
{
    constexpr auto tellers = std::to_array<std::string_view>(
        {"LogFormat", "CustomLog", "GlobalLog", "TransferLog", "ErrorLogFormat", "Header",
         "RequestHeader", "SSLUserName", "ClientCertHeader", "ClientCertExplainTo"});
    return std::ranges::any_of(tellers,
                               [&](std::string_view name) { return is_named(line, name); });
}

/// Whether the line decides something by the verdict. In rules of ours a certificate that is not
/// valid has no values; lines of others (SSLRequire, RewriteCond, Require expr, <If>) see those of
/// a forged one, unless they ask for the verdict itself.
bool looks_at_verdict(const ap_directive_t &line)
{
    const std::string_view text{line.args};
    if (is_named(line, Require::name))
        return names_certificate(text);
    return !only_tells(line) &&
           (text.find("SSL_CLIENT_VERIFY") != text.npos || text.find("CLIENTCERT_") != text.npos ||
            text.find("clientcert(") != text.npos);
}

/// Whether a line that is in force here does.
bool is_looked_at(const Policy &policy)
{
    bool found = false;
    for (const auto *layer : policy.layers) {
        found =
            found || (layer->kind == Section::Kind::condition && looks_at_verdict(*layer->line));
        for_each_line(*layer, [&](Line line) { found = found || looks_at_verdict(*line); });
    }
    return found;
}

/// Whether some Require line asks for a valid certificate.
bool requires_valid(const Configuration &configuration, const Policy &policy)
{
    bool found = false;
    for_each_requirement(policy.requirements(), [&](Line line) {
        const auto demand = demand_of(configuration, line);
        const bool is_ours = demand.provider.starts_with("clientcert");
        found = found || demand.provider == "ssl-verify-client" ||
                (is_ours &&
                 (demand.provider != "clientcert-expr" || names_certificate(demand.arguments)));
    });
    return found;
}

/// Whether anything here depends on the verdict: a rule, or what is told to an application.
bool judges(const Configuration &configuration, const Policy &policy)
{
    const auto &directory = *policy.directory;
    return is_looked_at(policy) || directory.get<Ca>().value != nullptr ||
           directory.get<BasicAuth>().value != BasicAuth::Mode::off || directory.get<Env>().value ||
           !directory.get<HeaderDirective>().empty() ||
           !directory.get<Forward>().value.fields.empty() ||
           is_word(word_of(policy, "AuthType"), "ClientCert") ||
           requires_valid(configuration, policy);
}

constexpr const char *tolerates =
    "lets in every certificate, forged ones too, and nothing here looks at the verdict: write "
    "\"Require clientcert\" or ClientCertRequire, or \"SSLVerifyClient optional\"";

/// Whether any section of that host, or what it has from the main server, asks for certificates.
bool asks(const Host &host)
{
    if (host.settings().get<From>().value != nullptr)
        return true;
    if (!has_tls(*host.server) || server_config(*host.server).level() == Level::off)
        return false;
    const auto asks_here = [](const Policy &policy) {
        const auto word = word_of(policy, "SSLVerifyClient");
        return !word.empty() && !is_word(word, "none");
    };
    return asks_here(host.everywhere) || std::ranges::any_of(host.inner, asks_here);
}

/// Lines that nobody without a certificate gets by.
std::vector<Line> demands(const Configuration &configuration, const Policy &policy)
{
    Line type = policy.line("AuthType");
    const bool by_certificate = is_word(word_of(policy, "AuthType"), "ClientCert");
    auto found = hurdles(configuration, policy.requirements(), by_certificate);
    for (Line &line : found)
        if (!asks_for_certificate(configuration, line))
            line = type;
    for (const Rule *rule : policy.directory->get<Require>())
        if (Line line = configuration.registry->places.line_of(rule);
            line != nullptr &&
            std::ranges::any_of(equalities(rule->expression.source()), needs_certificate))
            found.push_back(line);
    return found;
}

/// A network that nobody has for himself.
bool is_wide(const std::string &address)
{
    constexpr int widest_of_ipv4 = 8;
    constexpr int widest_of_ipv6 = 16;
    const auto slash = address.find('/');
    const bool is_ipv6 = address.find(':') != address.npos;
    return slash != address.npos &&
           std::atoi(address.c_str() + slash + 1) < (is_ipv6 ? widest_of_ipv6 : widest_of_ipv4);
}

/// As mod_ssl reads SSLProtocol.
bool has_tls13(const Host &host)
{
    Line line = host.everywhere.line("SSLProtocol");
    if (line == nullptr)
        return true;
    bool has = false;
    for (const auto &word : words_of(line)) {
        const bool has_sign = word.starts_with('+') || word.starts_with('-');
        const auto name = word.substr(has_sign ? 1 : 0);
        if (is_word(name, "all") || is_word(name, "TLSv1.3"))
            has = !word.starts_with('-');
        else if (!has_sign)
            has = false;
    }
    return has;
}

/// Whether a client may be asked once more after the handshake, whatever it is.
bool can_ask_later(const Host &host)
{
    Line protocols = host.everywhere.line("Protocols");
    const auto words = protocols != nullptr ? words_of(protocols) : std::vector<std::string>{};
    return !has_tls13(host) && std::ranges::find(words, "h2") == words.end();
}

int strength(const std::string &word)
{
    return is_word(word, "require") ? 2 : word.empty() || is_word(word, "none") ? 0 : 1;
}

}  // namespace

void tolerated_but_unjudged(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        const bool everywhere = &policy == &host.everywhere;
        Line line = everywhere ? policy.line("SSLVerifyClient")
                               : own_line(*policy.section, "SSLVerifyClient");
        if (line == nullptr || !is_word(words_of(line).front(), "optional_no_ca") ||
            !has_tls(*host.server) || server_config(*host.server).level() == Level::off)
            return;
        const auto judges_here = [&](const Policy &one) { return judges(configuration, one); };
        const bool judged =
            judges_here(policy) || (everywhere && std::ranges::any_of(host.inner, judges_here));
        if (!judged)
            warnings.add(line, text_of(*line) + " " + tolerates);
    });
}

void asked_of_nobody(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        if (policy.section->server != host.server || asks(host))
            return;
        const char *remedy = server_config(*host.server).level() == Level::off
                                 ? "ClientCertVerify off ignores certificates; take it away"
                             : has_tls(*host.server)
                                 ? "nobody asks for certificates on this virtual host; "
                                   "\"SSLVerifyClient optional\" does"
                                 : "this virtual host has no TLS, and no ClientCertFrom takes "
                                   "certificates from a proxy";
        for (Line line : demands(configuration, policy))
            warnings.add(line, text_of(*line) + " lets nobody in: " + remedy);
    });
}

void asked_too_late(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        Line line = own_line(*policy.section, "SSLVerifyClient");
        if (&policy == &host.everywhere || line == nullptr || !has_tls(*host.server) ||
            can_ask_later(host))
            return;
        if (strength(words_of(line).front()) >
            strength(word_of(host.everywhere, "SSLVerifyClient")))
            warnings.add(line,
                         text_of(*line) +
                             " in a section asks for the certificate after the handshake, which "
                             "browsers with TLS 1.3 and all of HTTP/2 do not do: write "
                             "\"SSLVerifyClient optional\" on the virtual host, and \"Require "
                             "clientcert\" here");
    });
}

void proxies_are_many(const Configuration &configuration, Warnings &warnings)
{
    for (const auto &host : configuration.hosts)
        for (Line line : lines_of<TrustedProxy>(host.settings(), configuration.registry->places))
            for (const auto &word : words_of(line))
                if (is_wide(word))
                    warnings.add(line, "ClientCertTrustedProxy " + word +
                                           " believes a large part of the Internet, whatever "
                                           "certificate it writes into a header: name the "
                                           "addresses of the proxies alone");
}

}  // namespace clientcert::httpd::dump

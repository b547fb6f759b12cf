// SPDX-License-Identifier: Apache-2.0
// Mistakes in who asks for certificates, and in who is believed.
#include "httpd/dump/warnings.hh"

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// Whether anything here depends on the verdict: a rule, or what is told to an application.
bool judges(const Policy &policy)
{
    const auto &directory = *policy.directory;
    return !directory.get<Require>().empty() || directory.get<Ca>().value != nullptr ||
           directory.get<BasicAuth>().value != BasicAuth::Mode::off || directory.get<Env>().value ||
           !directory.get<HeaderDirective>().empty() ||
           !directory.get<Forward>().value.fields.empty() ||
           is_word(word_of(policy, "AuthType"), "ClientCert") ||
           any_asks_for_certificate(policy.requirements());
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
std::vector<Line> demands(const Policy &policy)
{
    std::vector<Line> found;
    for (Line line : policy.requirements())
        if (is_named(*line, "Require") && std::string_view{line->args}.starts_with("clientcert"))
            found.push_back(line);
    if (Line line = policy.line("AuthType");
        line != nullptr && is_word(word_of(policy, "AuthType"), "ClientCert"))
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
        const bool judged =
            judges(policy) || (everywhere && std::ranges::any_of(host.inner, judges));
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
        for (Line line : demands(policy))
            warnings.add(line, text_of(*line) + " lets nobody in: " + remedy);
    });
}

void asked_too_late(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &host, const Policy &policy) {
        Line line = own_line(*policy.section, "SSLVerifyClient");
        if (&policy == &host.everywhere || line == nullptr || !has_tls(*host.server))
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

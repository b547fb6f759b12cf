// SPDX-License-Identifier: Apache-2.0
#include "httpd/verdict/levels.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace clientcert::httpd {
namespace {

struct Name {
    const char *word;
    const char *number;  ///< WebMux's
    Level level;
};

constexpr auto names = std::to_array<Name>({
    {"ssl", nullptr, Level::ssl},
    {"off", "0", Level::off},
    {"report", "1", Level::report},
    {"require", "2", Level::require},
});

constexpr int deepest = 100;  // OpenSSL builds no longer chains

std::string first_word(const HeardLine &line)
{
    const auto words = words_of(line.words);
    return words.empty() ? std::string{} : words.front();
}

std::string told(const HeardLine &line)
{
    return '"' + std::string{line.directive} + ' ' + line.words + "\" at " +
           place(line.file, line.line);
}

/// Lines of the main server hold on all virtual hosts, but for those that say otherwise.
const HeardLine *host_line(const server_rec &s, const char *directive)
{
    const HeardLine *found = nullptr;
    for (const auto &line : server_config(s).registry->heard) {
        if (line.in_section || !is_word(line.directive, directive))
            continue;
        const bool own = line.server == &s;
        if (own || (!line.server->is_virtual && (found == nullptr || found->server != &s)))
            found = &line;
    }
    return found;
}

/// httpd hands the protocol of a Listen line on to its virtual hosts later than `httpd -t` asks.
const char *listening_protocol(const server_rec &s)
{
    if (const char *protocol = ap_get_server_protocol(const_cast<server_rec *>(&s)))
        return protocol;
    for (const auto *address = s.addrs; address != nullptr; address = address->next)
        for (const auto *listener = ap_listeners; listener != nullptr; listener = listener->next)
            if (listener->bind_addr->port == address->host_port)
                return listener->protocol;
    return nullptr;
}

bool is_of(const HeardLine &line, const server_rec &s)
{
    return line.server == &s || !line.server->is_virtual;
}

/// Who says what does not fit; counts how often.
class Complaints {
public:
    explicit Complaints(const server_rec &s) : server_{s} {}

    void refuse(const std::string &problem)
    {
        refused_ = true;
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, &server_, CCLOGNO(0004) "%s", problem.c_str());
    }
    void warn(const std::string &problem)
    {
        // httpd reads its configuration twice at its start.
        if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
            ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
            return;
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, &server_, CCLOGNO(0005) "%s", problem.c_str());
    }
    bool refused() const { return refused_; }

private:
    const server_rec &server_;
    bool refused_ = false;
};

std::string told(const Verify::Wanted &wanted)
{
    return "\"ClientCertVerify " + std::string{wanted.word} + "\" at " +
           place(wanted.file, wanted.line);
}

/// Of the virtual host, and of every directory that it has.
void check_verify_client(const server_rec &s, const Verify::Wanted &wanted, const char *needed,
                         Complaints &complaints)
{
    const std::string begin = told(wanted) + " needs \"SSLVerifyClient " + needed + "\" on ";
    const auto *line = host_line(s, "SSLVerifyClient");
    if (line == nullptr)
        complaints.refuse(begin + "the virtual host, which has no such line");
    else if (!is_word(first_word(*line), needed))
        complaints.refuse(begin + "the virtual host, not " + told(*line));
    for (const auto &inner : server_config(s).registry->heard)
        if (inner.in_section && is_of(inner, s) && is_word(inner.directive, "SSLVerifyClient") &&
            !is_word(first_word(inner), needed))
            complaints.refuse(begin + "the virtual host and in each of its directories, not " +
                              told(inner));
}

/// An option is switched on by its name, or by a plus before it.
std::string_view without_plus(std::string_view option)
{
    return option.substr(option.starts_with('+') ? 1 : 0);
}

bool is_fake_basic_auth(std::string_view option)
{
    return is_word(without_plus(option), "FakeBasicAuth");
}

/// Options that make mod_ssl act on a certificate that is merely reported.
bool acts_on_certificates(std::string_view option)
{
    return is_fake_basic_auth(option) || is_word(without_plus(option), "OptRenegotiate");
}

/// What makes other modules believe a certificate that is merely reported.
void check_options(const HeardLine &line, const Verify::Wanted &wanted, Complaints &complaints)
{
    for (const std::string &word : words_of(line.words)) {
        const auto option = without_plus(word);
        if (acts_on_certificates(option))
            complaints.refuse(told(wanted) + " does not go together with " + told(line) + ": " +
                              std::string{option} +
                              " would act on certificates that are not verified; take it away");
        else if (is_word(option, "StdEnvVars") || is_word(option, "ExportCertData"))
            complaints.warn(told(line) +
                            " shows scripts the values of certificates that are not "
                            "verified, because of " +
                            told(wanted) + "; ClientCertEnv On shows those of valid ones");
    }
}

/// On a virtual host that takes certificates in, mod_ssl's is that of the proxy.
void check_users_of_proxies(const server_rec &s, Complaints &complaints)
{
    for (const auto &line : server_config(s).registry->heard) {
        if (!is_of(line, s))
            continue;
        const std::string end = " does not go together with ClientCertFrom: the user would be the "
                                "proxy, whose certificate mod_ssl has; take it away";
        if (is_word(line.directive, "SSLUserName"))
            complaints.refuse(told(line) + end);
        if (is_word(line.directive, "SSLOptions") &&
            std::ranges::any_of(words_of(line.words), is_fake_basic_auth))
            complaints.refuse(told(line) + end);
    }
}

void check_report(const server_rec &s, const Verify::Wanted &wanted, Complaints &complaints)
{
    check_verify_client(s, wanted, "optional_no_ca", complaints);
    for (const auto &line : server_config(s).registry->heard) {
        if (!is_of(line, s))
            continue;
        if (is_word(line.directive, "SSLOptions"))
            check_options(line, wanted, complaints);
        else if (is_word(line.directive, "SSLUserName"))
            complaints.refuse(told(wanted) + " does not go together with " + told(line) +
                              ": the user would be one who is not verified; take it away");
        else if (is_word(line.directive, "SSLRequire"))
            complaints.warn(told(line) +
                            " looks at certificates that are not verified, because of " +
                            told(wanted) + "; write ClientCertRequire instead");
    }
    if (asks_ocsp(server_config(s)))
        complaints.refuse(told(wanted) +
                          " does not go together with \"SSLOCSPEnable\", which ends handshakes; "
                          "set it to off on this virtual host");
}

void check_host(const server_rec &s, Complaints &complaints)
{
    const auto &wanted = server_config(s).settings.get<Verify>().value;
    const bool takes_in = server_config(s).settings.get<From>().value != nullptr;
    if (!has_tls(s))
        return;
    if (takes_in)
        check_users_of_proxies(s, complaints);
    if (wanted.level == Level::report)
        check_report(s, wanted, complaints);
    else if (wanted.level == Level::require)
        check_verify_client(s, wanted, "require", complaints);
}

/// Null where a line of an .htaccess file fits; it is heard while a request is under way.
const char *unfit_in_htaccess(Level level, bool takes_in, const HeardLine &line)
{
    if (takes_in && (is_word(line.directive, "SSLUserName") ||
                     std::ranges::any_of(words_of(line.words), is_fake_basic_auth)))
        return "ClientCertFrom";
    const bool verify_client = is_word(line.directive, "SSLVerifyClient");
    if (level == Level::require && verify_client && !is_word(first_word(line), "require"))
        return "ClientCertVerify require";
    if (level != Level::report)
        return nullptr;
    if (verify_client)
        return is_word(first_word(line), "optional_no_ca") ? nullptr : "ClientCertVerify report";
    const bool acts = is_word(line.directive, "SSLUserName") ||
                      std::ranges::any_of(words_of(line.words), acts_on_certificates);
    return acts ? "ClientCertVerify report" : nullptr;
}

}  // namespace

void Verify::read(cmd_parms &cmd, Value &value, const char *word)
{
    const auto *found = std::ranges::find_if(names, [&](const Name &name) {
        return is_word(word, name.word) || (name.number != nullptr && is_word(word, name.number));
    });
    if (found == names.end())
        throw std::invalid_argument{"takes ssl, off (0), report (1) or require (2), not " +
                                    quoted(word)};
    value.set({found->level, apr_pstrdup(cmd.pool, word), cmd.directive->filename,
               static_cast<unsigned>(cmd.directive->line_num)});
}

void VerifyDepth::read(cmd_parms &, Value &value, const char *number)
{
    const std::string_view text{number};
    int depth = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
    if (error != std::errc{} || end != text.data() + text.size() || depth < 0 || depth > deepest)
        throw std::invalid_argument{"takes a number from 0 to " + std::to_string(deepest) +
                                    ", not " + quoted(number)};
    value.set(depth);
}

const char *overhear_level(cmd_parms *cmd, void *section, const char *line) noexcept
{
    if (const char *error = nobody_else_listens(cmd, "mod_ssl.c"))
        return error;
    keep_file_names(*cmd);
    if (cmd->path != nullptr && is_word(cmd->cmd->name, "SSLVerifyClient"))
        static_cast<DirectoryConfig *>(section)->note_other(OtherLine::verify_client,
                                                            *cmd->directive);
    const HeardLine heard{cmd->server,
                          cmd->cmd->name,
                          apr_pstrdup(cmd->pool, line),
                          cmd->directive->filename,
                          static_cast<unsigned>(cmd->directive->line_num),
                          cmd->path != nullptr};
    if (auto *registry = Registry::find(cmd->pool)) {
        registry->heard.push_back(heard);
        return nullptr;
    }
    const auto &config = server_config(*cmd->server);
    const bool takes_in = config.settings.get<From>().value != nullptr;
    if (const char *reason = unfit_in_htaccess(config.level(), takes_in, heard))
        return apr_pstrcat(cmd->pool, heard.directive, " ", line, " cannot stand in this file: \"",
                           reason, "\" holds on the virtual host", nullptr);
    return nullptr;
}

bool tolerates_any(const server_rec &s)
{
    const auto *line = host_line(s, "SSLVerifyClient");
    return line != nullptr && is_word(first_word(*line), "optional_no_ca");
}

bool has_tls(const server_rec &s)
{
    if (const auto *line = host_line(s, "SSLEngine"))
        return !is_word(first_word(*line), "off");
    const char *protocol = listening_protocol(s);
    return protocol != nullptr && is_word(protocol, "https");
}

bool names_authorities(const server_rec &s)
{
    return has_tls(s) && (host_line(s, "SSLCACertificateFile") != nullptr ||
                          trust_line(server_config(s), "SSLCACertificatePath") != nullptr);
}

std::string verify_client_mode(const server_rec &s)
{
    const auto *line = host_line(s, "SSLVerifyClient");
    return line != nullptr ? first_word(*line) : "none";
}

std::string verify_client_mode(const request_rec &r)
{
    const auto *line = directory_config(r).other_line(OtherLine::verify_client);
    return line != nullptr ? words_of(line->args).front() : verify_client_mode(*r.server);
}

bool asks_for_certificate(const request_rec &r)
{
    return !is_word(verify_client_mode(*r.server), "none") ||
           !is_word(verify_client_mode(r), "none");
}

bool fits_level(const server_rec &s)
{
    const std::string mode = verify_client_mode(s);
    switch (server_config(s).level()) {
    case Level::report:
        return is_word(mode, "optional_no_ca");
    case Level::require:
        return is_word(mode, "require");
    default:
        return true;
    }
}

int check_levels(apr_pool_t *, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    Complaints complaints{*s};
    for (const auto *one = s; one != nullptr; one = one->next)
        check_host(*one, complaints);
    return complaints.refused() ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

}  // namespace clientcert::httpd

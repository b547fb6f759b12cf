// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/report.hh"

#include "httpd/dump/lines.hh"
#include "httpd/dump/requirements.hh"
#include "httpd/dump/text.hh"

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

constexpr const char *preface =
    "The policy of mod_clientcert: what is in force, and the line that says so.\n"
    "\n"
    "Of each section all is shown that holds for its own path; what it has from sections around or\n"
    "before it is marked. <Location> sections are applied after <Directory> sections, <Files> and\n"
    "<If> between and behind them; which of them meet in a request, its path tells.\n"
    "What .htaccess files say is not shown: they are read with each request, and can make things\n"
    "stricter only.\n";

/// Lines of mod_ssl that matter for a whole host, and those that matter for a directory.
constexpr auto host_lines = std::to_array<const char *>({
    "SSLEngine",
    "SSLVerifyClient",
    "SSLVerifyDepth",
    "SSLCACertificateFile",
    "SSLCACertificatePath",
    "SSLCARevocationCheck",
    "SSLCARevocationFile",
    "SSLCARevocationPath",
    "SSLOCSPEnable",
    "SSLOptions",
    "SSLUserName",
});
constexpr auto section_lines = std::to_array<const char *>({
    "SSLVerifyClient",
    "SSLVerifyDepth",
    "SSLCACertificateFile",
    "SSLCACertificatePath",
    "SSLOptions",
    "SSLUserName",
});

/// Lines about users beside ours.
constexpr auto authentication_lines = std::to_array<const char *>({
    "AuthType",
    "AuthBasicProvider",
    "Satisfy",
    "AuthMerging",
});

constexpr auto usual_crl_policy =
    std::to_array<std::string_view>({"scope=chain", "missing=deny", "expired=deny"});

/// What of a CRL policy these words leave as usual.
std::string unsaid_of_crl_policy(const std::string &words)
{
    std::string unsaid;
    for (const auto usual : usual_crl_policy)
        if (words.find(usual.substr(0, usual.find('=') + 1)) == words.npos)
            (unsaid += unsaid.empty() ? "" : " ") += usual;
    return unsaid;
}

/// WebMux's numbers, in words.
std::string meaning_of_level(const std::string &word)
{
    return word == "0" ? "off" : word == "1" ? "report" : word == "2" ? "require" : "";
}

class Reporter {
public:
    explicit Reporter(const Configuration &configuration) : configuration_{configuration} {}

    std::string host(const Host &host) const
    {
        Rows rows;
        const bool is_main = host.everywhere.section->line == nullptr;
        const std::string name =
            host.server->server_hostname != nullptr ? host.server->server_hostname : "";
        if (is_main)
            rows.add_title(0, "Main server " + name, "");
        else
            rows.add_title(0, title_of(*host.everywhere.section) + " " + name,
                           place_of(*host.everywhere.section->line));
        for (const char *directive : host_lines)
            if (!line(rows, 1, host.everywhere, directive))
                usual_line(rows, host, directive);
        settings(rows, host);
        directory(rows, 1, host.everywhere);
        const bool who = asks_for_certificates(host);
        for (const auto &policy : host.inner)
            if (is_relevant(policy, who))
                section(rows, policy);
        return rows.text();
    }

    /// Whether there is anything to show of the main server, or of a virtual host.
    bool is_worth_telling(const Host &host) const
    {
        return host.counts || !lines_of_all(host.settings(), places()).empty() ||
               !lines_of_all(*host.everywhere.directory, places()).empty();
    }

private:
    const Places &places() const { return configuration_.registry->places; }

    /// Where a line stands, and whether that is outside of this section.
    std::string origin(Line line, const Policy &policy) const
    {
        const auto *from = configuration_.section_of(line);
        if (from == nullptr || from == policy.section)
            return place_of(*line);
        const std::string where =
            from->kind == Section::Kind::host ? "the virtual host" : title_of(*from);
        return place_of(*line) + ", inherited from " + where;
    }

    void add(Rows &rows, int depth, const Policy &policy, Line line) const
    {
        rows.add(depth, name_of(*line), arguments_of(*line), origin(line, policy));
        for (const auto &content : configuration_.files.contents_of(line))
            rows.add_detail(depth, "  " + content);
        if (const auto level = meaning_of_level(arguments_of(*line));
            is_named(*line, Verify::name) && !level.empty())
            rows.add_detail(depth, "  that is " + level);
        if (const auto unsaid = unsaid_of_crl_policy(arguments_of(*line));
            is_named(*line, CrlPolicy::name) && !unsaid.empty())
            rows.add_detail(depth, "  " + unsaid + ", by default");
    }

    /// False where there is none.
    bool line(Rows &rows, int depth, const Policy &policy, const char *directive) const
    {
        Line found = policy.line(directive);
        if (found != nullptr)
            add(rows, depth, policy, found);
        return found != nullptr;
    }

    /// What mod_ssl does where nobody says anything.
    static void usual_line(Rows &rows, const Host &host, std::string_view directive)
    {
        if (!has_tls(*host.server))
            return;
        if (directive == "SSLVerifyClient")
            rows.add(1, "SSLVerifyClient", "none", "by default");
        // With ClientCertVerify report, ClientCertVerifyDepth counts.
        if (directive == "SSLVerifyDepth" && server_config(*host.server).level() != Level::report)
            rows.add(1, "SSLVerifyDepth", "1", "by default");
    }

    void settings(Rows &rows, const Host &host) const
    {
        const auto &all = host.settings();
        const auto or_default = [&](auto lines, const char *name, const char *usual, bool shown) {
            for (Line one : lines)
                add(rows, 1, host.everywhere, one);
            if (lines.empty() && shown)
                rows.add(1, name, usual, "by default");
        };
        const bool has_crls = !all.get<Crl>().empty();
        ServerSettings::for_each_directive([&]<typename D>() {
            const auto lines = lines_of<D>(all, places());
            if constexpr (std::is_same_v<D, Verify>)
                or_default(lines, D::name, "ssl", true);
            else if constexpr (std::is_same_v<D, VerifyDepth>)
                or_default(lines, D::name, "1",
                           server_config(*host.server).level() == Level::report);
            else if constexpr (std::is_same_v<D, CrlPolicy>)
                or_default(lines, D::name, unsaid_of_crl_policy("").c_str(), has_crls);
            else if constexpr (std::is_same_v<D, RevokedConnections>)
                or_default(lines, D::name, "close", has_crls);
            else
                or_default(lines, D::name, "", false);
        });
    }

    void directory(Rows &rows, int depth, const Policy &policy) const
    {
        for (Line one : lines_of_all(*policy.directory, places()))
            add(rows, depth, policy, one);
        for (Line one : policy.lines("SSLRequire"))
            add(rows, depth, policy, one);
        const auto requirements = policy.requirements();
        for (const char *directive : authentication_lines)
            line(rows, depth, policy, directive);
        for (Line one : requirements)
            requirement(rows, depth, policy, one);
    }

    void requirement(Rows &rows, int depth, const Policy &policy, Line one) const
    {
        const bool container = one->first_child != nullptr;
        rows.add(depth, container ? text_of(*one) : name_of(*one),
                 container ? "" : arguments_of(*one), origin(one, policy));
        if (Line alias = container ? nullptr : demand_of(configuration_, one).alias)
            rows.add(depth, "", text_of(*alias), place_of(*alias));
        for (Line inner = one->first_child; inner != nullptr; inner = inner->next)
            if (is_requirement(*inner))
                requirement(rows, depth + 1, policy, inner);
    }

    /// Whether some Require line of the host asks for certificates.
    bool asks_for_certificates(const Host &host) const
    {
        const auto asks = [&](const Policy &policy) {
            return any_asks_for_certificate(configuration_, policy.requirements());
        };
        return asks(host.everywhere) || std::ranges::any_of(host.inner, asks);
    }

    /// Whether the section says anything that bears on certificates. `who`: any Require line does,
    /// for it stands in the place of those that ask for them.
    static bool is_relevant(const Policy &policy, bool who)
    {
        const auto &section = *policy.section;
        bool relevant = section.said != nullptr;
        for_each_line(section, [&](Line one) {
            const auto is_it = [&](const char *name) { return is_named(*one, name); };
            relevant = relevant || is_it("SSLRequire") ||
                       std::ranges::any_of(section_lines, is_it) ||
                       (who && (is_it("Require") || is_it("Satisfy")));
        });
        return relevant;
    }

    void section(Rows &rows, const Policy &policy) const
    {
        std::string title = title_of(*policy.section);
        for (const auto *outer = policy.section->outer; !outer->is_server(); outer = outer->outer)
            title.insert(0, title_of(*outer) + ' ');
        const bool of_main = policy.section->server == configuration_.main &&
                             policy.layers.size() > 1 &&
                             policy.layers[1]->kind == Section::Kind::host;
        rows.add_title(1, title,
                       place_of(*policy.section->line) +
                           (of_main ? ", inherited from the main server" : ""));
        for (const char *directive : section_lines)
            for_each_line(*policy.section, [&](Line one) {
                if (is_named(*one, directive))
                    add(rows, 2, policy, one);
            });
        directory(rows, 2, policy);
    }

    const Configuration &configuration_;
};

std::string stripped(const Configuration &configuration)
{
    std::string names;
    for (const auto &name : configuration.registry->fields.folded())
        (names += names.empty() ? "" : ", ") += name;
    return names.empty() ? "No request header is taken out of requests.\n"
                         : "Taken out of every request, however they are written: " + names + "\n";
}

}  // namespace

std::string report_on(const Configuration &configuration)
{
    const Reporter reporter{configuration};
    std::string text = preface + ('\n' + stripped(configuration));
    for (const auto &host : configuration.hosts)
        if (reporter.is_worth_telling(host))
            text += '\n' + reporter.host(host);
    return text;
}

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
#include "httpd/decision/denial.hh"

#include "httpd/config/server_config.hh"
#include "httpd/request.hh"
#include "httpd/telling/explain_directives.hh"

#include <clientcert/octets.hh>
#include <clientcert/selector.hh>

#include <algorithm>

namespace clientcert::httpd {
namespace {

/// A certificate that is bad is the reason itself, as is one that is missing where no rule was
/// asked; otherwise the rule is.
Reason reason_for(const Client &client, const std::vector<Refusal> &refusals)
{
    if (client.verdict().state == Verdict::State::failed || refusals.empty())
        return client.verdict().reason;
    const bool failed =
        std::ranges::any_of(refusals, [](const Refusal &refusal) { return refusal.error; });
    return failed ? Reason::error : Reason::rule;
}

// httpd cuts a line at 8 KB, and writes up to five characters for one.
constexpr std::size_t longest_text = 160;
constexpr std::size_t longest_list = 1200;

/// What somebody else made must not push the rest out of the line.
std::string shown(std::string_view text)
{
    if (text.size() <= longest_text)
        return quoted(text);
    return quoted(std::string{text.substr(0, longest_text)} + "...");
}

constexpr std::string_view plain_name = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789_.:/()'-";
constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789_.+:@-";

/// The argument of a function is part of the name, and may come from the request.
std::string name_of(const Trace::Look &look)
{
    const std::string_view name{look.name};
    const bool is_plain = name.find_first_not_of(plain_name) == name.npos;
    return is_plain && name.size() <= longest_text ? std::string{name} : shown(name);
}

std::string refused(const Refusal &refusal)
{
    std::string text = " rule=" + quoted(refusal.rule);
    text += " at=" + quoted(place(refusal.file, refusal.line));
    text += " values={";
    const char *separator = "";
    const std::size_t end = text.size() + longest_list;
    for (const auto &look : refusal.looks) {
        if (text.size() > end) {
            text += ", ...";
            break;
        }
        (text += separator) += name_of(look) + '=' + shown(look.value);
        separator = ", ";
    }
    text += '}';
    if (refusal.error != nullptr)
        text += " error=" + shown(refusal.error);
    return text;
}

/// A word, or a text where it is none: what made it may be another module.
std::string shown_id(std::string_view id)
{
    return id.find_first_not_of(plain) == id.npos && id.size() <= longest_text ? std::string{id}
                                                                               : shown(id);
}

}  // namespace

std::string told(const Certificate &certificate)
{
    const std::string subject = rfc4514(certificate.subject());
    std::string text = " serial=" + upper_hex_serial(certificate) +
                       " issuer=" + shown(rfc4514(certificate.issuer())) +
                       " subject=" + shown(subject);
    // Services of a mesh have no other name.
    const auto names =
        subject.empty() ? certificate.subject_alt_names() : std::vector<SubjectAltName>{};
    if (!names.empty())
        text += " san=" + shown(std::string{word(names.front().type)} + ':' + names.front().text);
    return text;
}

std::string told(const Denial &denial)
{
    std::string text;
    for (const auto &refusal : denial.refusals) {
        if (text.size() > longest_list) {
            text += " ...";
            break;
        }
        text += refused(refusal);
    }
    return denial.why.empty() ? text : text + " why=" + shown(denial.why);
}

const char *unique_id(const request_rec &r)
{
    const char *id = apr_table_get(r.subprocess_env, "UNIQUE_ID");
    return id != nullptr ? id : "";
}

namespace {

/// One line. Without an explanation nothing in it is about a person.
void log_denial(request_rec &r, const char *uri, const Denial &denial, bool explained)
{
    add(server_config(*r.server).registry->counters.all().requests.denied, denial.reason);
    const Client &client = client_of(r);
    std::string line = "access to " + shown(uri) + " denied: reason=";
    line += word(denial.reason);
    line += " verify=";
    line += word(client.verdict().state);
    if (explained)
        line += told(denial);
    // One that is not valid is named as well: people have to find it.
    if (const auto &leaf = client.evidence().leaf; leaf && explained)
        line += told(*leaf);
    if (const char *id = unique_id(r); *id != '\0')
        line += " id=" + shown_id(id);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, CCLOGNO(0101) "%s", line.c_str());
}

void deny(request_rec &r, const char *uri, Denial denial, bool explained)
{
    set_reason(r, denial.reason);
    if (hypothesis_of(r) != nullptr)
        return;
    log_denial(r, uri, denial, explained);
    if (explain_mode(r) == Explain::Mode::page)
        note_denial(r, std::make_shared<const Denial>(std::move(denial)));
}

bool is_explained(const request_rec &r)
{
    return explain_mode(r) != Explain::Mode::off;
}

}  // namespace

void deny(request_rec &r, const char *uri, std::vector<Refusal> refusals, bool explained)
{
    const Reason reason = reason_for(client_of(r), refusals);
    deny(r, uri, Denial{reason, std::move(refusals)}, explained);
}

void deny(request_rec &r, std::vector<Refusal> refusals)
{
    deny(r, r.uri, std::move(refusals), is_explained(r));
}

void deny_user(request_rec &r, Reason reason, const std::string &more)
{
    forget_refusals(r);  // of Require lines that were asked whether anybody has to be authenticated
    deny(r, r.uri, Denial{reason, {}, more}, is_explained(r));
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/denial.hh"

#include "httpd/request.hh"
#include "httpd/server_config.hh"

#include <clientcert/octets.hh>

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

/// The argument of a function is part of the name, and may come from the request.
std::string name_of(const Trace::Look &look)
{
    const std::string_view name{look.name};
    const bool plain = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789_.:/()'-") == name.npos;
    return plain && name.size() <= longest_text ? std::string{name} : shown(name);
}

std::string told(const Refusal &refusal)
{
    std::string text = " rule=" + quoted(refusal.rule);
    text += " at=" + quoted(std::string{refusal.file != nullptr ? refusal.file : "?"} + ':' +
                            std::to_string(refusal.line));
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

}  // namespace

std::string told(const Certificate &certificate)
{
    return " serial=" + upper_hex_serial(certificate) +
           " issuer=" + shown(rfc4514(certificate.issuer())) +
           " subject=" + shown(rfc4514(certificate.subject()));
}

namespace {

/// One line; `told` stands in its middle.
void log_denial(request_rec &r, const char *uri, Reason reason, const std::string &told_of_it)
{
    add(server_config(*r.server).registry->counters.all().requests.denied, reason);
    const Client &client = client_of(r);
    std::string line = "access to " + shown(uri) + " denied: reason=";
    line += word(reason);
    line += " verify=";
    line += word(client.verdict().state);
    line += told_of_it;
    // One that is not valid is named as well: people have to find it.
    if (const auto &leaf = client.evidence().leaf)
        line += httpd::told(*leaf);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, CCLOGNO(0101) "%s", line.c_str());
}

}  // namespace

void deny(request_rec &r, const char *uri, const std::vector<Refusal> &refusals)
{
    const Reason reason = reason_for(client_of(r), refusals);
    set_reason(r, reason);
    std::string rules;
    for (const auto &refusal : refusals) {
        if (rules.size() > longest_list) {
            rules += " ...";
            break;
        }
        rules += told(refusal);
    }
    log_denial(r, uri, reason, rules);
}

void deny_user(request_rec &r, Reason reason, const std::string &more)
{
    forget_refusals(r);  // of Require lines that were asked whether anybody has to be authenticated
    set_reason(r, reason);
    log_denial(r, r.uri, reason, more.empty() ? more : " why=" + shown(more));
}

}  // namespace clientcert::httpd

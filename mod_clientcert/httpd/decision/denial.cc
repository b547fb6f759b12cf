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

constexpr std::size_t longest_text = 160;

/// As httpd writes it: four characters for an octet that is no printable ASCII, two for a
/// backslash.
std::size_t written_size(std::string_view text)
{
    std::size_t size = 0;
    for (const char c : text)
        size += c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4;
    return size;
}

/// So much of it, and no half character (UTF-8).
std::string beginning_of(std::string_view text, std::size_t size)
{
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        --size;
    return std::string{text.substr(0, size)} + "...";
}

/// What somebody else made must not push the rest out of the line.
std::string shown(std::string_view text)
{
    return quoted(text.size() <= longest_text ? std::string{text}
                                              : beginning_of(text, longest_text));
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

/// Whole, if the log has so much room for it.
std::string shown_rule(std::string_view rule, std::size_t room)
{
    std::string text = quoted(rule);
    for (std::size_t size = rule.size(); written_size(text) > room;) {
        size -= size / 16 + 1;
        text = quoted(beginning_of(rule, size));
    }
    return text;
}

/// Some of the values have to be seen however long the rule is.
std::string refused(const Refusal &refusal, std::size_t room)
{
    constexpr std::size_t for_values = 1500;
    std::string text =
        " rule=" + shown_rule(refusal.rule, room > 2 * for_values ? room - for_values : room / 2);
    text += " at=" + quoted(place(refusal.file, refusal.line));
    const std::string error =
        refusal.error != nullptr ? " error=" + shown(refusal.error) : std::string{};
    text += " values={";
    const char *separator = "";
    for (const auto &look : refusal.looks) {
        const std::string pair = separator + name_of(look) + '=' + shown(look.value);
        if (written_size(text + pair + error) + sizeof ", ...}" > room) {
            (text += separator) += "...";
            break;
        }
        text += pair;
        separator = ", ";
    }
    return text + '}' + error;
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
    std::string text = " serial=" + upper_hex_serial(certificate).substr(0, longest_text) +
                       " issuer=" + shown(rfc4514(certificate.issuer())) +
                       " subject=" + shown(subject);
    // Services of a mesh have no other name.
    const auto names =
        subject.empty() ? certificate.subject_alt_names() : std::vector<SubjectAltName>{};
    if (!names.empty())
        text += " san=" + shown(std::string{word(names.front().type)} + ':' + names.front().text);
    return text;
}

std::string told(const Denial &denial, std::size_t room)
{
    // What a further rule needs to be of any use.
    constexpr std::size_t least = 400;
    const std::string why = denial.why.empty() ? "" : " why=" + shown(denial.why);
    std::string text;
    for (const auto &refusal : denial.refusals) {
        const std::size_t taken = written_size(text + why);
        if (taken + least > room) {
            text += " ...";
            break;
        }
        text += refused(refusal, room - taken);
    }
    return text + why;
}

const char *unique_id(const request_rec &r)
{
    const char *id = apr_table_get(r.subprocess_env, "UNIQUE_ID");
    return id != nullptr ? id : "";
}

namespace {

void log_denial(request_rec &r, const char *uri, const Denial &denial)
{
    const Client &client = client_of(r);
    std::string line = "access to " + shown(uri) + " denied: reason=";
    line += word(denial.reason);
    line += " verify=";
    line += word(client.verdict().state);
    std::string end;
    // One that is not valid is named as well: people have to find it.
    if (const auto &leaf = client.evidence().leaf)
        end = told(*leaf);
    if (const char *id = unique_id(r); *id != '\0')
        end += " id=" + shown_id(id);
    line += told(denial, longest_line - written_size(line + end)) + end;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, CCLOGNO(0101) "%s", line.c_str());
}

void deny(request_rec &r, const char *uri, Denial denial, bool explained)
{
    set_reason(r, denial.reason);
    if (hypothesis_of(r) != nullptr)
        return;
    add(server_config(*r.server).registry->counters.all().requests.denied, denial.reason);
    if (explained)
        log_denial(r, uri, denial);
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

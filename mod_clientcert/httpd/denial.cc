// SPDX-License-Identifier: Apache-2.0
#include "httpd/denial.hh"

#include "httpd/request.hh"

#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert::httpd {
namespace {

/// A certificate that is bad is the reason itself; otherwise the rule is.
Reason reason_for(const Client &client, const std::vector<Refusal> &refusals)
{
    if (client.verdict().state == Verdict::State::failed)
        return client.verdict().reason;
    const bool failed =
        std::ranges::any_of(refusals, [](const Refusal &refusal) { return refusal.error; });
    return failed ? Reason::error : Reason::rule;
}

std::string told(const Refusal &refusal)
{
    std::string text = " rule=" + quoted(refusal.rule);
    text += " at=" + quoted(std::string{refusal.file != nullptr ? refusal.file : "?"} + ':' +
                            std::to_string(refusal.line));
    text += " values={";
    const char *separator = "";
    for (const auto &look : refusal.looks) {
        (text += separator) += std::string{look.name} + '=' + quoted(look.value);
        separator = ", ";
    }
    text += '}';
    if (refusal.error != nullptr)
        text += " error=" + quoted(refusal.error);
    return text;
}

/// Whose certificate it was. One that is not valid is named as well: people have to find it.
std::string certificate_in(const Client &client)
{
    const auto &leaf = client.evidence().leaf;
    if (!leaf)
        return {};
    return " serial=" + leaf->serial() + " issuer=" + quoted(rfc4514(leaf->issuer())) +
           " subject=" + quoted(rfc4514(leaf->subject()));
}

}  // namespace

void deny(request_rec &r, const std::vector<Refusal> &refusals)
{
    const Client &client = client_of(r);
    const Reason reason = reason_for(client, refusals);
    set_reason(r, reason);

    std::string line = "access to " + quoted(r.uri != nullptr ? r.uri : "") + " denied: reason=";
    line += word(reason);
    line += " verify=";
    line += word(client.verdict().state);
    for (const auto &refusal : refusals)
        line += told(refusal);
    line += certificate_in(client);
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, CCLOGNO(0101) "%s", line.c_str());
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// A report for people.
#include "core/utf8.hh"
#include "tool/crl_report.hh"

#include <cstdio>

namespace clientcert::tool {
namespace {

using Use = CrlReport::Use;

void row(const char *label, const std::string &value)
{
    std::printf("  %-13s %s\n", label, shown_text(value).c_str());
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const auto &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string kind(const CrlInfo &info)
{
    return info.is_delta() ? "delta: what changed since number " + printed_number(*info.base_number)
                           : "complete";
}

std::string scope(const CrlScope &scope)
{
    std::string text = scope.only_user_certs        ? "end-entity certificates only"
                       : scope.only_ca_certs        ? "CA certificates only"
                       : scope.only_attribute_certs ? "attribute certificates only"
                                                    : "all certificates";
    text += scope.indirect ? ", of other issuers too (indirect)" : " of its issuer";
    if (scope.reasons != all_reasons)
        text += "; revoked for " + joined(reason_names(scope.reasons)) + " only";
    return text;
}

std::string age(const CrlReport &crl)
{
    if (!crl.life_over)
        return {};
    const long tenths = *crl.life_over;
    if (tenths < 0)
        return "; its life has not begun";
    if (tenths >= 1000)
        return "; overdue";
    return "; " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
           "% of its life is over";
}

std::string signature(const CrlReport &crl)
{
    switch (crl.use) {
    case Use::unknown:
        return crl.algorithm + ", not checked (--ca names the CA certificates)";
    case Use::refused:
        return crl.algorithm + ", not accepted";
    default:
        return crl.signer.empty() ? crl.algorithm + ", not checked"
                                  : crl.algorithm + ", good, by " + crl.signer;
    }
}

std::string module(const CrlReport &crl)
{
    switch (crl.use) {
    case Use::in_force:
        return "puts it in force";
    case Use::unknown:
        return "needs the CA certificates to say";
    case Use::overdue:
        return std::string{crl.signer.empty() ? "finds it overdue" : "puts it in force, overdue"} +
               ": ClientCertCRLPolicy expired=... says what then happens";
    case Use::waiting:
        return "does not use it yet: " + crl.why;
    case Use::refused:
        return "refuses it: " + crl.why;
    }
    return {};
}

std::string answer(const CrlReport &crl)
{
    if (!crl.about_asked)
        return "is of another issuer than those of this CRL";
    if (!crl.revoked)
        return crl.info.is_delta() ? "not in it: nothing has changed" : "not revoked";
    const std::string why =
        std::string{reason_name(crl.revoked->reason)} + " (" + rfc3339(crl.revoked->date) + ")";
    if (!crl.counts())
        return "listed in what the module does not use: " + why;
    return crl.revoked->reason == CrlReason::remove_from_crl ? "not revoked any more: " + why
                                                             : "REVOKED: " + why;
}

void print(const CrlReport &crl, const Asked *asked)
{
    const auto &info = crl.info;
    row("issuer", printed_issuer(info));
    row("number", info.number ? printed_number(*info.number) : "none");
    row("kind", kind(info));
    row("this update", rfc3339(info.this_update));
    row("next update",
        info.next_update == Time::max() ? "none" : rfc3339(info.next_update) + age(crl));
    row("scope", scope(info.scope));
    for (const auto &name : info.scope.names)
        row("published at", printed_general_name(name));
    row("entries", std::to_string(info.entries));
    row("size", std::to_string(info.size) + " octets of DER");
    row("signature", signature(crl));
    row("the module", module(crl));
    if (asked)
        row("certificate", asked->printed() + ": " + answer(crl));
}

}  // namespace

void print_text(const Report &report, const Asked *asked)
{
    std::size_t number = 0;
    for (const auto &crl : report.crls) {
        if (++number > 1)
            std::putchar('\n');
        std::printf("%s", shown_text(report.source).c_str());
        if (report.crls.size() > 1)
            std::printf(", CRL %zu of %zu", number, report.crls.size());
        std::putchar('\n');
        print(crl, asked);
    }
}

}  // namespace clientcert::tool

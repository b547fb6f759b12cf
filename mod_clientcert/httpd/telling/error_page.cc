// SPDX-License-Identifier: Apache-2.0
// What is shown is the person's own: the certificate that came with the request. Rules, and what
// they looked at, are for those whom ClientCertExplainTo names.
#include "httpd/telling/error_page.hh"

#include "httpd/barrier.hh"
#include "httpd/decision/authz.hh"
#include "httpd/decision/denial.hh"
#include "httpd/pages/page.hh"
#include "httpd/request.hh"
#include "httpd/telling/explain_directives.hh"

#include <clientcert/advice.hh>
#include <clientcert/octets.hh>

namespace clientcert::httpd {
namespace {

/// What there is to tell of a denied request.
struct Telling {
    Advice advice;
    Denial denial;  ///< with rules for those only who may see them
    bool shows_rules;
    const Certificate *presented;  ///< valid or not; null for none
    bool valid;
};

/// With the rules, and all that is known beside them.
Denial whole_denial(request_rec &denied, Reason reason)
{
    const auto noted = noted_denial(denied);
    Denial denial = noted ? *noted : Denial{};
    denial.reason = reason;
    if (denial.refusals.empty())
        denial.refusals = unfulfilled(denied);
    return denial;
}

Telling telling_of(request_rec &denied)
{
    const Reason reason = denial_reason(denied).value_or(Reason::none);
    const Client &client = client_of(denied);
    const bool shows_rules = may_see_rules(denied);
    const auto &leaf = client.evidence().leaf;
    return {advice_on(reason, client.verdict().state),
            shows_rules ? whole_denial(denied, reason) : Denial{reason}, shows_rules,
            leaf ? &*leaf : nullptr, client.verdict().valid()};
}

Facts presented(const Certificate &certificate)
{
    return {{"Subject", rfc4514(certificate.subject())},
            {"Issuer", rfc4514(certificate.issuer())},
            {"Serial number", upper_hex_serial(certificate)},
            {"Valid from", rfc3339(certificate.not_before())},
            {"Valid until", rfc3339(certificate.not_after())}};
}

Html presented(const Telling &told)
{
    if (told.presented == nullptr)
        return section("What was presented", paragraph("No certificate."));
    const char *note = told.valid ? "This certificate, which is good in itself:"
                                  : "This certificate, which nobody has found good:";
    return section("What was presented", paragraph(note) + fact_list(presented(*told.presented)));
}

Html for_the_help_desk(request_rec &r, Reason reason)
{
    Facts facts{{"Reason", element("code", word(reason))}};
    if (const char *id = unique_id(r); *id != '\0')
        facts.emplace_back("Number of this answer", element("code", id));
    facts.emplace_back("Time", rfc3339(Time{std::chrono::seconds{apr_time_sec(r.request_time)}}));
    facts.emplace_back("Site", ap_get_server_name(&r));
    return section("What a help desk needs to know", fact_list(facts));
}

Html values_of(const Refusal &refusal)
{
    Html values;
    for (const auto &look : refusal.looks)
        values += element("div", element("code", look.name + (" = " + quoted(look.value))));
    if (refusal.error != nullptr)
        values += paragraph(refusal.error);
    return element("div", values);
}

Html rules_of(const Denial &denial)
{
    std::vector<Row> rows;
    for (const auto &one : denial.refusals)
        rows.push_back({element("code", one.rule), place(one.file, one.line), values_of(one)});
    Html content;
    if (!denial.why.empty())
        content += paragraph(denial.why);
    if (!rows.empty())
        content +=
            table("What was not fulfilled", {{"Rule"}, {"Where"}, {"What it looked at"}}, rows);
    if (!content.empty())
        return content;
    return paragraph(denial.reason == Reason::password
                         ? "No rule: a name and password are asked for."
                         : "No rule: the certificate itself was refused.");
}

std::string page_of(request_rec &r)
{
    const Telling told = telling_of(r);
    Html content = paragraph(told.advice.meaning) +
                   section("What you can do", paragraph(told.advice.todo)) + presented(told) +
                   for_the_help_desk(r, told.denial.reason);
    if (told.shows_rules)
        content += section("Rules", rules_of(told.denial));
    return html_document(told.advice.heading, content);
}

/// What a person sees of a 401 is the page behind the question for the password, if he has none.
bool is_refusal(int status)
{
    return status == HTTP_FORBIDDEN || status == HTTP_UNAUTHORIZED ||
           status == HTTP_INTERNAL_SERVER_ERROR || status == HTTP_SERVICE_UNAVAILABLE;
}

bool has_error_document(request_rec &r)
{
    return ap_response_code_string(&r, ap_index_of_response(r.status)) != nullptr;
}

void set(request_rec &r, const char *name, const std::string &value)
{
    apr_table_setn(r.subprocess_env, name, pool_copy(r.pool, value));
}

}  // namespace

void show_denial(request_rec *r)
{
    if (!is_refusal(r->status) || explain_mode(*r) != Explain::Mode::page ||
        denied_request(*r) != r || has_error_document(*r))
        return;
    // httpd writes "iso-8859-1" for pages of its own unless it is asked not to.
    apr_table_setn(r->subprocess_env, "suppress-error-charset", "1");
    ap_custom_response(r, r->status, page_of(*r).c_str());
    set_page_headers(*r, *r->err_headers_out);
    r->no_cache = 1;
}

void tell_denial(request_rec &r)
{
    auto *denied = denied_request(r);
    if (denied == nullptr || denied == &r || explain_mode(*denied) != Explain::Mode::page)
        return;
    keep_out_of_caches(r);
    const Telling told = telling_of(*denied);
    set(r, "CLIENTCERT_DENIAL_HEADING", std::string{told.advice.heading});
    set(r, "CLIENTCERT_DENIAL_MEANING", std::string{told.advice.meaning});
    set(r, "CLIENTCERT_DENIAL_TODO", std::string{told.advice.todo});
    if (const char *id = unique_id(*denied); *id != '\0')
        set(r, "CLIENTCERT_DENIAL_ID", id);
    if (const auto rules = httpd::told(told.denial, longest_line);
        told.shows_rules && !rules.empty())
        set(r, "CLIENTCERT_DENIAL_RULES", rules.substr(1));
    if (told.presented == nullptr)
        return;
    set(r, "CLIENTCERT_PRESENTED_SUBJECT", rfc4514(told.presented->subject()));
    set(r, "CLIENTCERT_PRESENTED_ISSUER", rfc4514(told.presented->issuer()));
    set(r, "CLIENTCERT_PRESENTED_SERIAL", upper_hex_serial(*told.presented));
    set(r, "CLIENTCERT_PRESENTED_NOT_BEFORE", rfc3339(told.presented->not_before()));
    set(r, "CLIENTCERT_PRESENTED_NOT_AFTER", rfc3339(told.presented->not_after()));
}

}  // namespace clientcert::httpd

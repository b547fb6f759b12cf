// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/explain_handler.hh"

#include "httpd/config/server_config.hh"
#include "httpd/pages/page.hh"
#include "httpd/request.hh"
#include "httpd/telling/decision.hh"
#include "httpd/telling/explain_directives.hh"
#include "httpd/telling/explain_page.hh"
#include "httpd/telling/portrait.hh"
#include "httpd/telling/question.hh"

namespace clientcert::httpd {
namespace {

using json::JsonPtr;
using json::put;

constexpr auto formats = std::to_array({html_format, json_format});
constexpr std::string_view hypothetical = "hypothetical";
constexpr const char *note =
    "Nobody has shown that he has the key of this certificate. Whatever else a rule looks at (the "
    "address, headers, the time) is that of your own request; checks of other modules are not "
    "made, and an index file in a directory may have rules of its own.";

void add_certificates(const JsonPtr &told, const Evidence &evidence)
{
    put(told, "certificate", evidence.leaf ? with_all_fields(*evidence.leaf) : json::null());
    put(told, "chain", described(evidence.chain));
}

JsonPtr own_portrait(request_rec &r, bool with_rules)
{
    auto told = json::object();
    put(told, "verdict", verdict_of(r));
    add_certificates(told, client_of(r).evidence());
    put(told, "users", users_of(r, with_rules));
    put(told, "headers", headers_of(r));
    put(told, "variables", variables_of(r));
    return told;
}

std::shared_ptr<const Evidence> evidence_of(const Question &question)
{
    Evidence evidence;
    evidence.source = hypothetical;
    evidence.hypothetical = true;
    evidence.leaf = question.certificates.front();
    evidence.chain.assign(std::next(question.certificates.begin()), question.certificates.end());
    return std::make_shared<const Evidence>(std::move(evidence));
}

/// Certificates come as those of the asker do, or in the only way that there is.
bool comes_by_proxy(const request_rec &r)
{
    const auto &config = server_config(*r.server);
    return config.header_trust != nullptr && (config.trust == nullptr || is_passed(r));
}

JsonPtr answer_to(request_rec &r, const Question &question)
{
    const auto evidence = evidence_of(question);
    Hypothesis hypothesis{
        std::make_shared<const ClientCache>(evidence, *server_config(*r.server).registry),
        comes_by_proxy(r)};
    const Supposed supposed{r, hypothesis, question.path};
    auto told = decision_of(supposed, hypothesis);
    put(told, "path", json::text(question.path));
    put(told, "note", json::text(note));
    add_certificates(told, *evidence);
    return told;
}

int get(request_rec &r, const Format &format)
{
    const bool allowed = may_see_rules(r);
    const auto told = own_portrait(r, allowed);
    return send(r, format.content_type,
                format.name == html_format.name ? own_page(told, allowed) : json::printed(told));
}

int post(request_rec &r, const Format &format)
{
    const auto asked = question_of(r);
    if (const auto *problem = std::get_if<Misunderstanding>(&asked))
        return problem->status == HTTP_REQUEST_ENTITY_TOO_LARGE
                   ? problem->status
                   : send_problem(r, problem->status, problem->problem);
    const auto told = answer_to(r, std::get<Question>(asked));
    return send(r, format.content_type,
                format.name == html_format.name ? decision_page(told) : json::printed(told));
}

// Cold: nearly all requests are for other handlers, and get by without its stack frame.
[[gnu::cold]] int answer(request_rec &r)
{
    if (const int status = allow_methods(r, {M_GET, M_POST}); status != OK)
        return status;
    const bool asks = r.method_number == M_POST;
    // Whether there is anything to know is nobody else's business.
    if (asks && !may_see_rules(r)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, &r,
            CCLOGNO(0401) "ClientCertExplainTo does not let this client ask what would be "
                          "decided of certificates");
        return heard_out(r, HTTP_FORBIDDEN);
    }
    const auto format = requested_format(r, formats);
    if (!format)
        return send_problem(r, heard_out(r, HTTP_BAD_REQUEST), format.error());
    return asks ? post(r, *format) : get(r, *format);
}

}  // namespace

int explain(request_rec *r)
{
    return is_for(*r, "clientcert-explain") ? answer(*r) : DECLINED;
}

}  // namespace clientcert::httpd

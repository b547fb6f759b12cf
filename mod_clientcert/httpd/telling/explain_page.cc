// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/explain_page.hh"

#include <functional>

namespace clientcert::httpd {
namespace {

const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != nullptr ? value : "";
}

bool is(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

Html code(const char *words)
{
    return *words != '\0' ? element("code", words) : Html{};
}

using Cell = std::function<Html(const json_t *)>;
struct TableColumn {
    const char *name;
    Cell cell;
};

Cell words(const char *name)
{
    return [name](const json_t *object) { return Html{text(object, name)}; };
}

Cell coded(const char *name)
{
    return [name](const json_t *object) { return code(text(object, name)); };
}

/// One row for each of the array; nothing where it is empty.
Html table_of(const char *caption, const json_t *array, const std::vector<TableColumn> &columns)
{
    std::vector<Column> heads;
    for (const auto &column : columns)
        heads.push_back({column.name});
    std::vector<Row> rows;
    for (std::size_t i = 0; i < json_array_size(array); ++i) {
        Row row;
        for (const auto &column : columns)
            row.push_back(column.cell(json_array_get(array, i)));
        rows.push_back(std::move(row));
    }
    return rows.empty() ? Html{} : table(caption, heads, rows);
}

/// In one element: on a phone each cell is a pair of its name and what is in it.
Html lines(const json_t *texts)
{
    Html all;
    for (std::size_t i = 0; i < json_array_size(texts); ++i)
        all += element("div", json_string_value(json_array_get(texts, i)));
    return element("div", all);
}

Html place(const json_t *object)
{
    const char *file = text(object, "file");
    return *file != '\0' ? Html{std::string{file} + ':' +
                                std::to_string(json_integer_value(json_object_get(object, "line")))}
                         : Html{};
}

Html values(const json_t *object)
{
    Html all;
    const auto *looks = json_object_get(object, "values");
    for (std::size_t i = 0; i < json_array_size(looks); ++i) {
        const auto *look = json_array_get(looks, i);
        all += element("div", element("code", text(look, "name") + std::string{" = \""} +
                                                  text(look, "value") + '"'));
    }
    return element("div", all + Html{text(object, "error")});
}

Html outcome_badge(const json_t *object)
{
    const std::string_view outcome{text(object, "outcome")};
    const Mood mood = outcome == "holds" ? Mood::good : Mood::bad;
    return badge(mood, std::string{outcome});
}

Html verdict_badge(const json_t *verdict)
{
    const std::string verify = text(verdict, "verify");
    const Mood mood = verify == "SUCCESS" ? Mood::good
                      : verify == "NONE"  ? Mood::warning
                                          : Mood::bad;
    const std::string reason = text(verdict, "reason");
    return badge(mood, reason == "none" ? verify : verify + ": " + reason);
}

/// Of the facts, those that a person looks for; under what the selectors call the names, the rest.
constexpr struct {
    const char *label;
    const char *name;
} facts_shown[] = {
    {"Subject", "subject"},
    {"Issuer", "issuer"},
    {"Serial number", "serial"},
    {"Valid from", "not_before"},
    {"Valid until", "not_after"},
    {"Version", "version"},
    {"Key", "key"},
    {"Signature", "signature"},
    {"CA", "ca"},
    {"Key usage", "key_usage"},
    {"SHA-256", "sha256"},
    {"SHA-1", "sha1"},
    {"SHA-256 of the key", "spki_sha256"},
    {"Key of the issuer", "authority_key"},
    {"CRLs at", "crl_urls"},
    {"OCSP at", "ocsp_urls"},
    {"Issuer's certificate at", "issuer_urls"},
    {"Other extensions", "other_extensions"},
    {"Critical extensions", "critical_extensions"},
};

Html fact_of(const json_t *value)
{
    return json_is_array(value) ? lines(value) : Html{json_string_value(value)};
}

Facts certificate_facts(const json_t *certificate)
{
    Facts facts;
    for (const auto &[label, name] : facts_shown)
        if (const auto *value = json_object_get(certificate, name);
            json_is_string(value) || json_array_size(value) != 0)
            facts.emplace_back(label, fact_of(value));
    const char *name = nullptr;
    const json_t *texts = nullptr;
    json_object_foreach(json_object_get(certificate, "fields"), name, texts)
        facts.emplace_back(code(name), lines(texts));
    return facts;
}

Html certificate_section(const json_t *told)
{
    const auto *certificate = json_object_get(told, "certificate");
    Html content = json_is_null(certificate) || certificate == nullptr
                       ? paragraph("There is none.")
                       : fact_list(certificate_facts(certificate));
    content += table_of("What was sent with it", json_object_get(told, "chain"),
                        {{"Subject", words("subject")},
                         {"Issuer", words("issuer")},
                         {"Valid until", words("not_after")}});
    return section("Certificate", content);
}

Html variables_section(const json_t *told)
{
    Facts facts;
    const char *name = nullptr;
    const json_t *value = nullptr;
    json_object_foreach(json_object_get(told, "variables"), name, value)
    {
        const std::string shown = json_string_value(value);
        const bool many_lines = shown.find('\n') != shown.npos;
        facts.emplace_back(code(name), many_lines ? element("pre", shown) : Html{shown});
    }
    return section("Variables", fact_list(facts));
}

Html users_section(const json_t *told)
{
    const auto *users = json_object_get(told, "users");
    const Cell map = [](const json_t *one) {
        const std::string name = text(one, "map");
        return Html{name.empty() ? "ClientCertUser" : name} +
               (is(one, "used_here") ? element("small", " used here") : Html{});
    };
    Html content = table_of("Who this is", users,
                            {{"Map", map},
                             {"Outcome", words("outcome")},
                             {"User", coded("user")},
                             {"Why", words("why")}});
    if (content.empty())
        content = paragraph("No map of this virtual host says who a certificate is.");
    for (std::size_t i = 0; i < json_array_size(users); ++i) {
        const auto *one = json_array_get(users, i);
        const Cell found = [](const json_t *step) {
            return lines(json_object_get(step, "values"));
        };
        const Cell matched = [](const json_t *step) {
            return is(step, "matched") ? badge(Mood::good, "matches") : Html{"no"};
        };
        content += table_of((std::string{"Rules of "} + text(one, "map")).c_str(),
                            json_object_get(one, "rules"),
                            {{"Rule", coded("rule")},
                             {"Where", place},
                             {"The certificate has", found},
                             {"Match", matched},
                             {"Why", words("why")}});
    }
    return section("Users", content);
}

Html headers_section(const json_t *told)
{
    const auto *headers = json_object_get(told, "headers");
    const Html content = table_of("For the application behind", headers,
                                  {{"Header", coded("name")}, {"Value", coded("value")}});
    return section("Headers", content.empty() ? paragraph("None goes out.") : content);
}

/// Of a path that is asked again, the value stands there already.
Html form(const char *path)
{
    const Html fields =
        element("label", {{"for", "certificate"}}, "Certificate, with its chain, in PEM") +
        element("textarea",
                {{"id", "certificate"}, {"name", "certificate"}, {"spellcheck", "false"}}, "") +
        element("label", {{"for", "path"}}, "Path on this virtual host") +
        Html::markup(R"(<input id="path" name="path" value=")") + Html{path} +
        Html::markup("\">\n") + paragraph(element("button", {{"type", "submit"}}, "Explain"));
    return section("What would be, for another certificate",
                   element("form", {{"method", "post"}, {"action", "?"}}, fields));
}

Html verification_section(const json_t *told)
{
    const auto *verification = json_object_get(told, "verification");
    const std::string problem = text(verification, "problem");
    Html content =
        problem.empty()
            ? paragraph("The chain is good.")
            : paragraph(problem + " (certificate " +
                        std::to_string(json_integer_value(json_object_get(verification, "depth"))) +
                        " of the chain)");
    content +=
        table_of("The chain, as far as it could be built", json_object_get(verification, "chain"),
                 {{"Subject", words("subject")}, {"Valid until", words("not_after")}});
    content +=
        fact_list({{"CAs that count here", lines(json_object_get(verification, "authorities"))},
                   {"Handshake", text(json_object_get(told, "handshake"), "text")}});
    return section("Verification", content);
}

Html crls_of(const json_t *certificate)
{
    const Cell number = [](const json_t *crl) {
        return Html{text(crl, "number")} + (is(crl, "delta") ? Html{" (delta)"} : Html{});
    };
    const Cell until = [](const json_t *crl) {
        return Html{text(crl, "next_update")} +
               (is(crl, "expired") ? Html{" "} + badge(Mood::bad, "expired") : Html{});
    };
    const Cell says = [](const json_t *crl) {
        const std::string word = text(crl, "says");
        const char *at = text(crl, "revoked_at");
        return (word == "revoked" ? badge(Mood::bad, word) : Html{word}) +
               (*at != '\0' ? Html{std::string{" "} + at} : Html{});
    };
    const std::string reason = text(certificate, "reason");
    const std::string caption =
        text(certificate, "subject") + (reason == "none" ? ": not revoked" : ": " + reason);
    const auto *crls = json_object_get(certificate, "crls");
    const Html rows = table_of(caption.c_str(), crls,
                               {{"CRL", words("source")},
                                {"Issuer", words("issuer")},
                                {"Number", number},
                                {"Good until", until},
                                {"Says", says}});
    return rows.empty() ? paragraph(caption + " (there is no CRL of its issuer)") : rows;
}

Html revocation_section(const json_t *told)
{
    const auto *revocation = json_object_get(told, "revocation");
    if (json_is_null(revocation) || revocation == nullptr)
        return section("Revocation", paragraph("No CRLs are asked here."));
    Html content;
    if (!is(revocation, "crls_read"))
        content += paragraph("The CRLs have not all been read yet.");
    const auto *certificates = json_object_get(revocation, "certificates");
    for (std::size_t i = 0; i < json_array_size(certificates); ++i)
        content += crls_of(json_array_get(certificates, i));
    return section("Revocation", content.empty() ? paragraph("Nothing was looked up: the chain is "
                                                             "not good.")
                                                 : content);
}

Html rules_section(const json_t *told)
{
    const Cell depends = [](const json_t *rule) {
        return is(rule, "by_certificate_alone") ? Html{"certificate"} : Html{"your request, too"};
    };
    const Html content = table_of("ClientCertRequire", json_object_get(told, "rules"),
                                  {{"Rule", coded("text")},
                                   {"Where", place},
                                   {"Outcome", outcome_badge},
                                   {"What it looked at", values},
                                   {"Depends on", depends}});
    return section("Rules", content.empty() ? paragraph("There are none here.") : content);
}

Html require_section(const json_t *told)
{
    const auto *require = json_object_get(told, "require");
    const bool theirs = std::string_view{text(require, "decided_by")} == "others";
    Html content =
        fact_list({{"Outcome", text(require, "outcome")},
                   {"Depends on",
                    theirs ? "lines of other modules alone, or there are none" : "the certificate"},
                   {"Password", text(told, "password")}});
    content += table_of("Lines of this module that were asked", json_object_get(require, "lines"),
                        {{"Line", coded("text")},
                         {"Where", place},
                         {"Outcome", outcome_badge},
                         {"What it looked at", values}});
    content +=
        table_of("Lines of other modules beside them: what they say is said of you",
                 json_object_get(require, "others"), {{"Line", coded("text")}, {"Where", place}});
    return section("Require lines and passwords", content);
}

Html outcome_section(const json_t *told)
{
    const auto *outcome = json_object_get(told, "outcome");
    const auto status = json_integer_value(json_object_get(outcome, "status"));
    const std::string words = status == 0 ? "no connection" : std::to_string(status);
    return fact_list({{"Path", code(text(told, "path"))},
                      {"Outcome", badge(status == 200 ? Mood::good : Mood::bad, words)},
                      {"Reason", text(outcome, "reason")},
                      {"Decided by", text(outcome, "text")},
                      {"User", code(text(outcome, "user"))},
                      {"Verdict", verdict_badge(json_object_get(told, "verdict"))},
                      {"Level", text(json_object_get(told, "verdict"), "level")}});
}

}  // namespace

std::string own_page(const json::JsonPtr &told, bool with_form)
{
    const json_t *all = told.get();
    const auto *verdict = json_object_get(all, "verdict");
    Html content = fact_list({{"Verdict", verdict_badge(verdict)},
                              {"Came by", text(verdict, "source")},
                              {"Level", text(verdict, "level")}}) +
                   certificate_section(all) + users_section(all) + headers_section(all) +
                   variables_section(all);
    if (with_form)
        content += form("/");
    return html_document("What this server sees of your certificate", content);
}

std::string decision_page(const json::JsonPtr &told)
{
    const json_t *all = told.get();
    const bool has_rules = json_object_get(all, "rules") != nullptr;
    Html content = outcome_section(all) + paragraph(element("small", text(all, "note")));
    if (has_rules)
        content += rules_section(all) + require_section(all);
    content += verification_section(all) + revocation_section(all);
    if (has_rules)
        content += users_section(all) + headers_section(all);
    content += certificate_section(all);
    if (has_rules)
        content += variables_section(all);
    return html_document("What this server would decide", content + form(text(all, "path")));
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// A report for programs.
#include "tool/crl_report.hh"
#include "tool/json.hh"

namespace clientcert::tool {
namespace {

using Use = CrlReport::Use;

JsonPtr time(Time value)
{
    return value == Time::max() ? null() : text(rfc3339(value));
}

JsonPtr crl_number(const std::optional<std::string> &value)
{
    return value ? text(printed_number(*value)) : null();
}

JsonPtr scope(const CrlScope &scope)
{
    std::vector<std::string> names;
    for (const auto &name : scope.names)
        names.push_back(printed_general_name(name));
    return json::object({
        {"only_user_certificates", boolean(scope.only_user_certs)},
        {"only_ca_certificates", boolean(scope.only_ca_certs)},
        {"only_attribute_certificates", boolean(scope.only_attribute_certs)},
        {"indirect", boolean(scope.indirect)},
        {"reasons", scope.reasons == all_reasons ? null() : texts(reason_names(scope.reasons))},
        {"published_at", texts(names)},
    });
}

const char *word(Use use)
{
    switch (use) {
    case Use::in_force:
        return "in-force";
    case Use::unknown:
        return "unknown";
    case Use::overdue:
        return "overdue";
    case Use::waiting:
        return "waiting";
    case Use::refused:
        return "refused";
    }
    return "";
}

JsonPtr certificate(const CrlReport &crl, const Asked &asked)
{
    auto object = json::object();
    put(object, "serial", text(asked.printed()));
    put(object, "covered", boolean(crl.about_asked));
    put(object, "listed", boolean(crl.revoked.has_value()));
    if (crl.revoked) {
        put(object, "reason", text(reason_name(crl.revoked->reason)));
        put(object, "date", time(crl.revoked->date));
    }
    return object;
}

JsonPtr described(const CrlReport &crl, const Asked *asked)
{
    const auto &info = crl.info;
    auto object = json::object();
    put(object, "issuer", text(printed_issuer(info)));
    put(object, "number", crl_number(info.number));
    put(object, "delta_base", crl_number(info.base_number));
    put(object, "this_update", time(info.this_update));
    put(object, "next_update", time(info.next_update));
    put(object, "life_over_percent",
        crl.life_over ? checked(json_real(static_cast<double>(*crl.life_over) / 10)) : null());
    put(object, "scope", scope(info.scope));
    put(object, "entries", number(info.entries));
    put(object, "size", number(info.size));
    put(object, "signature_algorithm", text(crl.algorithm));
    put(object, "signed_by", crl.signer.empty() ? null() : text(crl.signer));
    put(object, "use", text(word(crl.use)));
    if (!crl.why.empty())
        put(object, "why", text(crl.why));
    if (asked)
        put(object, "certificate", certificate(crl, *asked));
    return object;
}

}  // namespace

void print_json(const Report &report, const Asked *asked)
{
    auto crls = json::array();
    for (const auto &crl : report.crls)
        append(crls, described(crl, asked));
    auto object = json::object();
    put(object, "source", text(report.source));
    put(object, "use", text(word(report.use())));
    if (asked)
        put(object, "revoked", boolean(report.revoked()));
    put(object, "crls", std::move(crls));
    print(object);
}

void print_json_error(const std::string &source, const std::string &error)
{
    print(json::object({
        {"source", text(source)},
        {"use", text(word(Use::refused))},
        {"why", text(error)},
    }));
}

}  // namespace clientcert::tool

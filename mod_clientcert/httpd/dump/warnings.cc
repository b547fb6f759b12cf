// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

#include "httpd/dump/text.hh"

#include <algorithm>
#include <tuple>

namespace clientcert::httpd::dump {
namespace {

struct Row {
    const char *name;
    Check *check;
};

constexpr auto checks = std::to_array<Row>({
    {"tolerated-but-unjudged", tolerated_but_unjudged},
    {"asked-of-nobody", asked_of_nobody},
    {"asked-too-late", asked_too_late},
    {"proxies-are-many", proxies_are_many},
    {"satisfied-by-anything", satisfied_by_anything},
    {"never-true", never_true},
    {"unknown-variable", unknown_variables},
    {"unknown-issuer", unknown_issuers},
    {"rule-for-methods", rules_for_methods},
    {"forgeable-header", forgeable_headers},
    {"header-taken-out", headers_that_are_taken_out},
    {"unused-map", unused_maps},
    {"unreachable-rule", unreachable_rules},
    {"user-of-nothing", users_of_nothing},
    {"password-of-nobody", passwords_of_nobody},
    {"unfit-authority", unfit_authorities},
    {"crl-of-stranger", crls_of_strangers},
    {"crl-setting-without-crl", crl_settings_without_crls},
    {"open-page", open_pages},
    {"rules-for-everybody", rules_for_everybody},
});

}  // namespace

void Warnings::add(Line line, const std::string &problem)
{
    const auto place = place_in(*line);
    const std::string use =
        place.used_at.empty() ? "" : " (the macro is used at " + place.used_at + ')';
    Warning warning{place.file, place.line,
                    place.text() + ": warning: " + printable(problem) + use + " [" + check_ +
                        "]\n"};
    // What main server and virtual hosts have in common is found once for each.
    if (std::ranges::find(all_, warning.text, &Warning::text) == all_.end())
        all_.push_back(std::move(warning));
}

std::string Warnings::text() const
{
    auto sorted = all_;
    std::ranges::stable_sort(sorted, {},
                             [](const Warning &one) { return std::tie(one.file, one.line); });
    std::string text;
    for (const auto &warning : sorted)
        text += warning.text;
    return text;
}

std::string warnings_of(const Configuration &configuration)
{
    Warnings warnings;
    for (const auto &[name, check] : checks) {
        warnings.set_check(name);
        check(configuration, warnings);
    }
    return warnings.text();
}

}  // namespace clientcert::httpd::dump

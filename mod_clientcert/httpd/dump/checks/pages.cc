// SPDX-License-Identifier: Apache-2.0
// Pages and explanations that everybody may see.
#include "httpd/dump/requirements.hh"
#include "httpd/dump/warnings.hh"

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// As far as sections of the same kind tell: a section of another kind may ask as well.
bool is_open(const Policy &policy)
{
    const auto requirements = policy.requirements();
    return !is_word(word_of(policy, "SSLVerifyClient"), "require") &&
           std::ranges::all_of(requirements, lets_in_all) &&
           policy.directory->get<Require>().empty() && policy.line("Allow") == nullptr &&
           policy.line("Deny") == nullptr;
}

}  // namespace

void open_pages(const Configuration &configuration, Warnings &warnings)
{
    for_each_policy(configuration, [&](const Host &, const Policy &policy) {
        Line line = own_line(*policy.section, "SetHandler");
        if (line != nullptr && is_word(words_of(line).front(), "clientcert-status") &&
            is_open(policy))
            warnings.add(line, "tells everybody of CRLs, maps and errors: write \"Require ip "
                               "ADDRESS\" or \"Require clientcert-dn NAME\" beside it");
    });
}

void rules_for_everybody(const Configuration &configuration, Warnings &warnings)
{
    for (const auto &host : configuration.hosts) {
        const auto *expression = host.settings().get<ExplainTo>().value;
        Line line = host.settings().said<ExplainTo>();
        if (expression != nullptr && line != nullptr &&
            fixed_outcome(configuration, *expression) == true)
            warnings.add(line, "shows rules and the values they look at to everybody: it looks at "
                               "nothing of the request; write who may see them, such as "
                               "%{CLIENTCERT_SUBJECT} eq \"CN=Admin\" or %{REMOTE_ADDR}");
    }
}

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
// Require lines and their containers: what they ask for.
#pragma once

#include "httpd/dump/policy.hh"

#include <clientcert/name.hh>

namespace clientcert::httpd::dump {

/// What one Require line asks for; of an <AuthzProviderAlias>, what that stands for.
struct Demand {
    bool negated = false;
    std::string provider{};
    std::string arguments{};  ///< behind the provider, as they were written
    Line alias = nullptr;     ///< the section that says so, or null
};
Demand demand_of(const Configuration &configuration, Line requirement);

/// Calls `visit(line)` for each Require line, those in containers too.
template <typename Visit>
void for_each_requirement(const std::vector<Line> &requirements, Visit &&visit)
{
    for (Line line : requirements)
        if (line->first_child == nullptr)
            visit(line);
        else
            for_each_line(line->first_child, [&](Line inner) {
                if (is_named(*inner, "Require"))
                    visit(inner);
            });
}

/// Whether it says "Require all granted".
bool lets_in_all(Line requirement);

/// Whether it asks for something of the certificate.
bool asks_for_certificate(const Configuration &configuration, Line requirement);

/// Whether any of these does.
bool any_asks_for_certificate(const Configuration &configuration,
                              const std::vector<Line> &requirements);

/// The lines that nobody without a certificate gets by; none where there is another way in. With
/// `for_users`, users are known by their certificates alone.
std::vector<Line> hurdles(const Configuration &configuration, const std::vector<Line> &requirements,
                          bool for_users);

/// The one name behind clientcert-dn or clientcert-issuer, with or without quotes.
Result<DistinguishedName> name_in(const Demand &demand);

/// Whether the text looks at the certificate.
bool names_certificate(std::string_view text);

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
// Mistakes that people make: each is found by one check, a function that stands as one row in the
// table of warnings.cc.
#pragma once

#include "httpd/dump/lines.hh"

namespace clientcert::httpd::dump {

/// Takes what the checks find.
class Warnings {
public:
    /// `problem` says what is wrong with the line, and what would be right.
    void add(Line line, const std::string &problem);

    /// For what comes next.
    void set_check(const char *name) { check_ = name; }

    /// A line each, as a compiler writes them: "FILE:LINE: warning: PROBLEM [CHECK]".
    std::string text() const;

private:
    struct Warning {
        std::string file;
        int line;
        std::string text;
    };
    std::vector<Warning> all_;
    const char *check_ = "";
};

using Check = void(const Configuration &, Warnings &);

// checks/hosts.cc: levels, and who asks for certificates
Check tolerated_but_unjudged;
Check asked_of_nobody;
Check asked_too_late;
Check proxies_are_many;

// checks/rules.cc
Check satisfied_by_anything;
Check unknown_variables;
Check unknown_issuers;
Check rules_for_methods;

// checks/never.cc
Check never_true;

// checks/headers.cc
Check forgeable_headers;
Check headers_that_are_taken_out;

// checks/users.cc
Check unused_maps;
Check unreachable_rules;
Check users_of_nothing;
Check passwords_of_nobody;

// checks/files.cc
Check unfit_authorities;
Check crls_of_strangers;
Check crl_settings_without_crls;

// checks/pages.cc
Check open_pages;
Check rules_for_everybody;

std::string warnings_of(const Configuration &configuration);

}  // namespace clientcert::httpd::dump

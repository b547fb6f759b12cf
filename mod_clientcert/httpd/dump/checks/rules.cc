// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

namespace clientcert::httpd::dump {
void satisfied_by_anything(const Configuration &, Warnings &) {}
void never_true(const Configuration &, Warnings &) {}
void unknown_variables(const Configuration &, Warnings &) {}
void unknown_issuers(const Configuration &, Warnings &) {}
void rules_for_methods(const Configuration &, Warnings &) {}
}  // namespace clientcert::httpd::dump

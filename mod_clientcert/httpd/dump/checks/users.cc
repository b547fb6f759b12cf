// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

namespace clientcert::httpd::dump {
void unused_maps(const Configuration &, Warnings &) {}
void unreachable_rules(const Configuration &, Warnings &) {}
void users_of_nothing(const Configuration &, Warnings &) {}
void passwords_of_nobody(const Configuration &, Warnings &) {}
}  // namespace clientcert::httpd::dump

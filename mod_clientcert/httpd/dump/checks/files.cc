// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

namespace clientcert::httpd::dump {
void unfit_authorities(const Configuration &, Warnings &) {}
void crls_of_strangers(const Configuration &, Warnings &) {}
void crl_settings_without_crls(const Configuration &, Warnings &) {}
}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

namespace clientcert::httpd::dump {
void tolerated_but_unjudged(const Configuration &, Warnings &) {}
void asked_of_nobody(const Configuration &, Warnings &) {}
void asked_too_late_for_http2(const Configuration &, Warnings &) {}
void proxies_are_everybody(const Configuration &, Warnings &) {}
}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/warnings.hh"

namespace clientcert::httpd::dump {
void forgeable_headers(const Configuration &, Warnings &) {}
void headers_that_are_taken_out(const Configuration &, Warnings &) {}
}  // namespace clientcert::httpd::dump

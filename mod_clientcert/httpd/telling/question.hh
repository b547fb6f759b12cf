// SPDX-License-Identifier: Apache-2.0
// What is posted to clientcert-explain: a certificate, with its chain, and a path.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/certificate.hh>

#include <string>
#include <variant>
#include <vector>

namespace clientcert::httpd {

struct Question {
    std::vector<Certificate> certificates;  ///< leaf first
    std::string path;
};

/// Why there is no question to be answered.
struct Misunderstanding {
    int status;
    std::string problem;
};

/// Reads the body: 64 KiB of it at most. A form has to come from a page of this server.
std::variant<Question, Misunderstanding> question_of(request_rec &r);

}  // namespace clientcert::httpd

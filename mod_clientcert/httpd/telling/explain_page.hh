// SPDX-License-Identifier: Apache-2.0
// What clientcert-explain tells, for people: the same as its JSON.
#pragma once

#include <clientcert/html.hh>
#include <clientcert/json.hh>

namespace clientcert::httpd {

/// `with_form`: whoever asks may also ask about other certificates.
std::string own_page(const json::JsonPtr &told, bool with_form);
std::string decision_page(const json::JsonPtr &told);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// The SSL_CLIENT_* variables, and what both families of variables share.
#pragma once

#include <clientcert/variable.hh>

namespace clientcert {

/// `rest` is what follows SSL_CLIENT_ in `name`. Case counts where it counts in mod_ssl.
std::optional<Variable> ssl_client_variable(const std::string &name, std::string_view rest);

/// One to four digits, as mod_ssl counts alternative names.
inline constexpr int largest_ordinal = 9999;
std::optional<int> ordinal(std::string_view digits);

std::string nth_alternative_name(const Client &client, const Variable::Query &query);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What a simple rule says about single variables.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clientcert {

/// The variables that have to equal a constant wherever the rule holds, with it. Only of rules that
/// are nothing but such comparisons joined by "and": of any other, nothing.
std::vector<std::pair<std::string, std::string>> equalities(std::string_view rule);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What a simple rule says about single variables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// A variable that has to have one of these values.
struct Equality {
    std::string variable;
    std::vector<std::string> values;
};

/// What has to be so wherever the rule holds. Only of rules that are nothing but comparisons with
/// constants (eq, in) joined by "and": of any other, nothing.
std::vector<Equality> equalities(std::string_view rule);

/// Whether somebody without a certificate never fulfils it.
bool needs_certificate(const Equality &equality);

/// Whether somebody whose certificate is not valid never does.
bool needs_success(const Equality &equality);

/// Whether nobody whose certificate is valid does.
bool excludes_success(const Equality &equality);

/// Why the variable never has any of these values: a clause that says which it has. "" where it
/// may.
std::string why_never(const Equality &equality);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What `Require clientcert-san` compares with: TYPE:VALUE, with a `*` or not.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/result.hh>

#include <string>
#include <string_view>

namespace clientcert {

class SanPattern {
public:
    static Result<SanPattern> parse(std::string_view text);

    /// dns and upn compare without case, email without case after the @ (RFC 5280, 7.5), uri and ip
    /// exactly. A leading `*` stands for one or more characters, within one label for dns; so does
    /// one behind the last '/' of a uri.
    bool matches(const SubjectAltName &name) const;

private:
    enum class Star { none, first, last };

    SanPattern(SanType type, std::string value, Star star)
        : type_{type}, value_{std::move(value)}, star_{star}
    {
    }

    SanType type_;
    std::string value_;  ///< folded for comparison; without the `*`
    Star star_;
};

}  // namespace clientcert

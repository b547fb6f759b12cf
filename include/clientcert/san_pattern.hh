// SPDX-License-Identifier: Apache-2.0
// What `Require clientcert-san` compares with: TYPE:VALUE, with `*` at its beginning or not.
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
    /// exactly. A leading `*` stands for one or more characters, within one label for dns.
    bool matches(const SubjectAltName &name) const;

private:
    SanPattern(SanType type, std::string value, bool wildcard)
        : type_{type}, value_{std::move(value)}, wildcard_{wildcard}
    {
    }

    SanType type_;
    std::string value_;  ///< folded for comparison; without the `*`
    bool wildcard_;
};

}  // namespace clientcert

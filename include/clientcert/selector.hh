// SPDX-License-Identifier: Apache-2.0
// Selectors: which values of a certificate are meant ("san:email", "subject:OU", "eku", "policy").
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/name.hh>
#include <clientcert/result.hh>

#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

class Client;

class Selector {
public:
    static Result<Selector> parse(std::string_view text);

    /// Every value of that kind, in the order of the certificate; none unless it is valid.
    std::vector<std::string> values(const Client &client) const;

private:
    enum class Kind { subject, issuer, san, eku, policy };

    Selector(Kind kind, std::string oid, SanType san) : kind_{kind}, oid_{std::move(oid)}, san_{san}
    {
    }

    Kind kind_;
    std::string oid_;  ///< of an attribute type
    SanType san_;
};

/// "email", "dns", "uri", "ip" or "upn".
Result<SanType> san_type_named(std::string_view name);

}  // namespace clientcert

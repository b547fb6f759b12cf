// SPDX-License-Identifier: Apache-2.0
// The variables that rules, headers and logs may name: SSL_CLIENT_* as mod_ssl has them, and
// CLIENTCERT_* of our own.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/name.hh>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

class Client;

/// One variable: what its name asks for, worked out once when the configuration is read.
class Variable {
public:
    /// Nothing where no certificate variable has that name.
    static std::optional<Variable> named(std::string_view name);

    /// The names of all CLIENTCERT_* variables that this client has; what it cannot have is left
    /// out.
    static std::vector<std::string> names_for(const Client &client);

    /// Those of all SSL_CLIENT_* variables that are not empty.
    static std::vector<std::string> ssl_names_for(const Client &client);

    const std::string &name() const { return name_; }

    /// Whether its value is the same as long as the verdict stands.
    bool constant() const { return constant_; }

    /// Whether it is CLIENTCERT_REASON, which a denial of the request overrides.
    bool is_reason() const;

    /// CLIENTCERT_USER and CLIENTCERT_AUTH, which the request alone can tell.
    bool is_user() const;
    bool is_authentication() const;

    /// Empty where there is none, and unless the verdict is SUCCESS (only the verdict itself is
    /// told always).
    std::string value(const Client &client) const;

    /// What a name may ask for beside the kind of variable.
    struct Query {
        const Attribute *attribute = nullptr;
        int index = 0;
        bool raw = false;
        SanType san = SanType::email;
    };
    using Function = std::string (*)(const Client &client, const Query &query);

    Variable(std::string name, Function function, Query query, bool constant, bool always);

private:
    std::string name_;
    Function function_;
    Query query_;
    bool constant_;
    bool always_;
};

}  // namespace clientcert

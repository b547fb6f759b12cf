// SPDX-License-Identifier: Apache-2.0
// Names of HTTP fields, and the set of those that only this server may set.
#pragma once

#include <clientcert/result.hh>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// Nothing to say where `name` is a field name (RFC 9110, 5.1) that a request header may have here;
/// else why not.
Result<std::string> field_name(std::string_view name);

/// A set of field names in which X-Client-DN, x_client_dn and X.Client_DN are one: applications
/// behind gateways see all of them as HTTP_X_CLIENT_DN.
class FieldNames {
public:
    /// The number of the name, the same for all its spellings.
    std::size_t insert(std::string_view name);
    bool contains(std::string_view name) const;
    bool empty() const { return names_.empty(); }
    const std::vector<std::string> &folded() const { return names_; }

private:
    std::vector<std::string> names_;
    std::array<std::uint64_t, 64> lengths_by_initial_{};  ///< to say no at the first glance
};

}  // namespace clientcert

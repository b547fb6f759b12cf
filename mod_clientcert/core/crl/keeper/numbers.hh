// SPDX-License-Identifier: Apache-2.0
// The highest CRL number of each issuer, signer key and scope: a CRL must not go back.
#pragma once

#include "core/crl/keeper/memory.hh"

#include <map>
#include <vector>

namespace clientcert {

class HighestNumbers {
public:
    HighestNumbers() = default;
    explicit HighestNumbers(const std::vector<HighestNumber> &numbers);

    bool allow(const ShortDigest &group, const CrlInfo &info) const;
    void raise(const ShortDigest &group, const CrlInfo &info);

    /// Whether there was one of that issuer.
    bool forget(const NameId &issuer);

    std::vector<HighestNumber> all() const;

private:
    std::map<ShortDigest, HighestNumber> numbers_;
};

}  // namespace clientcert

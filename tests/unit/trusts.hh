// SPDX-License-Identifier: Apache-2.0
// Trusts and evidence for tests.
#pragma once

#include "pki.hh"

#include <clientcert/trust.hh>

namespace clientcert::test {

inline constexpr std::chrono::seconds second{1};

inline Trust::Settings settings(int max_depth, int security_level = 1, const char *others = "")
{
    return {.max_depth = max_depth, .security_level = security_level, .others = others};
}

inline Time now()
{
    return day(2030, 6, 15);
}

inline Trust trust_in(std::initializer_list<Identity> authorities,
                      const Trust::Settings &others = settings(5))
{
    return Trust{store_of(authorities).get(), others};
}

inline Evidence evidence_of(const Identity &leaf, std::initializer_list<Identity> chain = {})
{
    Evidence evidence;
    evidence.leaf = leaf.certificate;
    for (const auto &identity : chain)
        evidence.chain.push_back(identity.certificate);
    return evidence;
}

}  // namespace clientcert::test

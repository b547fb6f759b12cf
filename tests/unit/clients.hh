// SPDX-License-Identifier: Apache-2.0
// Clients with a verdict already given.
#pragma once

#include "pki.hh"

#include <clientcert/client.hh>

namespace clientcert::test {

constexpr Verdict success{Verdict::State::success, Reason::none, Time::max()};
constexpr Verdict revoked{Verdict::State::failed, Reason::revoked, Time::max()};

/// `make_unique` because clients cannot be moved.
inline std::unique_ptr<const Client> client_with(Evidence evidence, Verdict verdict = success,
                                                 Client::Capacity capacity = {})
{
    return std::make_unique<const Client>(std::make_shared<const Evidence>(std::move(evidence)),
                                          verdict, nullptr, capacity);
}

inline std::unique_ptr<const Client> client_with(const Certificate &leaf, Verdict verdict = success)
{
    Evidence evidence;
    evidence.leaf = leaf;
    evidence.source = "tls";
    return client_with(std::move(evidence), verdict);
}

inline std::unique_ptr<const Client> nobody()
{
    return client_with(Evidence{}, Verdict{});
}

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
// What an index file says of a CRL, besides its issuer's NameId and its entries.
#pragma once

#include <clientcert/crl_index.hh>

namespace clientcert {

/// Octets that `described` understands.
std::string description_of(const CrlInfo &info, const Signer &signer, std::string_view source);

/// The record, but for its entries and info.issuer_id; nothing where the octets are not whole.
std::optional<CrlRecord> described(Octets description);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Reads what a source gives and checks each of its CRLs.
#pragma once

#include "core/crl/memory.hh"

#include <clientcert/crl_issuers.hh>
#include <clientcert/crl_reader.hh>

#include <string>
#include <vector>

namespace clientcert {

/// Names issuer and scope: what one CRL may take another one's place for.
ShortDigest slot_of(const CrlInfo &info);

/// The slot, and the key that signed.
ShortDigest group_of(const CrlInfo &info, const Signer &signer);

/// "the CRL of CN=CA (number 12)": for messages.
std::string described(const CrlInfo &info);

struct TakenCrl {
    CrlId id;
    NewRecord record;
};

struct RefusedCrl {
    enum class Why { unknown_issuer, signer, not_yet };

    Why why;
    ShortDigest slot;
    NameId issuer;
    Time from;            ///< for not_yet: when to look again
    std::string message;  ///< "the CRL of CN=CA ..."
};

struct Intake {
    std::vector<TakenCrl> taken;
    std::vector<RefusedCrl> refused;
};

/// An error means that nothing of it is any good.
Result<Intake> take_in(OctetSource &octets, std::uint64_t max_size, const CrlIssuers &issuers,
                       Time now);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Reads what a source gives and checks each of its CRLs.
#pragma once

#include "core/crl/keeper/memory.hh"

#include <clientcert/crl_issuers.hh>
#include <clientcert/crl_reader.hh>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace clientcert {

/// Names issuer and scope: what one CRL may take another one's place for.
ShortDigest slot_of(const CrlInfo &info);

/// The slot, and the key that signed.
ShortDigest group_of(const CrlInfo &info, const Signer &signer);

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

struct Objection {
    RefusedCrl::Why why;
    std::string message;  ///< "the CRL of CN=CA ..."
};

/// Who signed the CRL, or why it is not used.
std::variant<Signer, Objection> examined(const ReadCrl &crl, const CrlIssuers &issuers, Time now);

/// What can be objected to without a look at the signature.
std::optional<Objection> objection_to_dates(const CrlInfo &info, Time now);

struct Intake {
    std::vector<TakenCrl> taken;
    std::vector<RefusedCrl> refused;
};

/// An error means that nothing of it is any good.
Result<Intake> take_in(OctetSource &octets, std::uint64_t max_size, const CrlIssuers &issuers,
                       Time now);

}  // namespace clientcert

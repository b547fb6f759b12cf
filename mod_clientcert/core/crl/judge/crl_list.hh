// SPDX-License-Identifier: Apache-2.0
// CRLs of one issuer, scope and key, the complete one and its deltas (RFC 5280, 5.2.4).
#pragma once

#include <clientcert/crl_index.hh>

#include <vector>

namespace clientcert {

/// What the CRL lists of that certificate.
std::optional<Revoked> entry_of(const CrlRecord &crl, const ChainLink &link);

/// Refers to records, and does not own them.
class CrlList {
public:
    explicit CrlList(const CrlRecord &first) : first_{&first} { add(first); }

    /// Whether the record is of the same issuer, scope and key.
    bool takes(const CrlRecord &record) const;

    /// Of several complete ones the newest counts, and where two tie, what either revokes is
    /// revoked. When the newest is expired, it takes back no entry of another.
    void add(const CrlRecord &record);

    /// Whether there is more than deltas without what they are deltas to.
    bool is_complete() const { return complete_ != nullptr; }

    /// Until then the list is up to date: by its complete CRL or by a delta to it.
    Time next_update() const;

    /// From then on no delta takes an entry of the complete CRL back, and that CRL none of an older
    /// one.
    Time removals_end() const;

    /// A delta that is expired, or is none to this complete CRL, takes no entry back; but what it
    /// lists is revoked.
    bool revokes(const ChainLink &link, Time now) const;

private:
    const CrlRecord *newest_delta() const;
    bool removes(const ChainLink &link, Time now) const;
    bool counts(const CrlRecord &delta, const CrlRecord *newest) const;

    const CrlRecord *first_;
    const CrlRecord *complete_ = nullptr;  ///< the newest
    std::vector<const CrlRecord *> all_complete_;
    std::vector<const CrlRecord *> deltas_;
};

}  // namespace clientcert

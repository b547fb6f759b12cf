// SPDX-License-Identifier: Apache-2.0
// The entries of one CRL, laid out to be mapped and searched without being parsed.
#pragma once

#include <clientcert/crl.hh>

#include <memory>
#include <optional>
#include <span>

namespace clientcert {

/// An entry that was found.
struct Revoked {
    CrlReason reason;
    Time date;
};

/// Collects the entries of a CRL while it is read.
class TableBuilder {
public:
    TableBuilder();
    ~TableBuilder();
    TableBuilder(TableBuilder &&) noexcept;
    TableBuilder &operator=(TableBuilder &&) noexcept;

    /// `serial`: contents of the INTEGER, as encoded. `issuer`: whose certificate it is, where that
    /// is not the CRL's own issuer (indirect CRLs); else null. `date`: what seconds since 1970 in
    /// 32 bits cannot say is clamped. Entries may come in any order; of several for one certificate
    /// the severest counts: any revocation before certificateHold, that before removeFromCRL, then
    /// the earliest. At most 2^32 - 1 entries.
    void add(Octets serial, const NameId *issuer, CrlReason reason, Time date);

    std::uint64_t entries() const;

    /// How many octets `write` fills.
    std::size_t size() const;

    /// Writes the table, and frees what was collected on the way. `place` has `size()` octets.
    /// Nothing can be done with the builder afterwards.
    void write(std::span<std::uint8_t> place) &&;

private:
    struct Content;
    std::unique_ptr<Content> content_;
};

/// A table in memory that belongs to somebody else.
class Table {
public:
    Table() = default;  ///< an empty one

    /// Nothing where the octets are no table. Looks at their beginning only; a damaged rest never
    /// makes `find` read outside of them.
    static std::optional<Table> in(std::span<const std::uint8_t> octets);

    /// `serial` and `issuer` as for TableBuilder::add: null means the CRL's own issuer. Lock-free.
    /// The odds that it finds what is not there are below 2^-60.
    std::optional<Revoked> find(Octets serial, const NameId *issuer) const;

    std::uint64_t entries() const { return entries_; }

private:
    const std::uint8_t *octets_ = nullptr;
    std::uint64_t entries_ = 0;
    std::uint64_t buckets_ = 0;
};

}  // namespace clientcert

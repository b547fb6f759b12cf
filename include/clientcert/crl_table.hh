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

    /// `serial`: contents of the INTEGER. `issuer`: whose certificate it is, in an indirect CRL
    /// (then in all of its entries, the CRL issuer's own, too); null otherwise. `date`: seconds
    /// since 1970, what does not fit is clamped.
    void add(Octets serial, const NameId *issuer, CrlReason reason, Time date);

    std::uint64_t entries() const;

    /// How many octets `write` fills.
    std::size_t size() const;

    /// Writes the table, and frees what was collected on the way. `place` has `size()` octets and
    /// the alignment of 8.
    void write(std::span<std::uint8_t> place) &&;

private:
    struct Content;
    std::unique_ptr<Content> content_;
};

/// A table in memory that belongs to somebody else.
class Table {
public:
    Table() = default;  ///< an empty one

    /// Nothing where the octets are no table: `octets` must have the alignment of 8. Looks at its
    /// beginning only; a damaged rest never makes `find` read outside of it.
    static std::optional<Table> in(std::span<const std::uint8_t> octets);

    /// `issuer` as for TableBuilder::add. Lock-free. The odds that it finds what is not there are
    /// below 2^-60.
    std::optional<Revoked> find(Octets serial, const NameId *issuer) const;

    std::uint64_t entries() const { return entries_; }

private:
    const std::uint64_t *key_ = nullptr;
    const std::uint32_t *directory_ = nullptr;
    const std::uint64_t *remainders_ = nullptr;
    const std::uint32_t *dates_ = nullptr;
    const std::uint8_t *reasons_ = nullptr;
    std::uint64_t buckets_ = 0;
    std::uint64_t entries_ = 0;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// All CRLs in force, in one file that every process maps.
#pragma once

#include <clientcert/crl.hh>
#include <clientcert/crl_table.hh>
#include <clientcert/result.hh>

#include <memory>
#include <string_view>
#include <variant>

namespace clientcert {

/// Tells one index file from all others.
struct IndexId {
    std::array<std::uint8_t, 16> nonce{};  ///< random
    std::uint64_t size = 0;                ///< octets

    bool operator==(const IndexId &) const = default;
};

/// A CRL in force.
struct CrlRecord {
    CrlInfo info;
    Signer signer;
    std::string source;  ///< the file or URL that it came from
    Table entries;
};

/// Mapped read-only; unmapped with the last owner. Safe for any number of threads, without locks,
/// and for any contents. But a file that is truncated while it is mapped is a SIGBUS: index files
/// are published by rename, and never written or truncated afterwards.
class CrlIndex {
public:
    /// Maps a file that is open for reading. Checks its beginning, that it has that `id` (where one
    /// is given), and no more. The descriptor may be closed afterwards.
    static Result<std::shared_ptr<const CrlIndex>> map(int fd, const IndexId *id = nullptr);

    ~CrlIndex();
    CrlIndex(const CrlIndex &) = delete;
    CrlIndex &operator=(const CrlIndex &) = delete;

    const IndexId &id() const { return id_; }

    /// Whether the file is as it was written, to the last octet: it carries a digest of itself.
    bool whole() const;

    /// The CRLs that a CRL issuer of that name has signed. What is damaged is left out.
    std::vector<CrlRecord> of_issuer(const NameId &issuer) const;

    /// The nth record, for those who want all; nothing where it is damaged.
    std::size_t size() const { return size_; }
    std::optional<CrlRecord> record(std::size_t n) const;

    /// What the writer remembers for itself.
    std::string_view memory() const;

private:
    friend std::span<const std::uint8_t> table_octets(const CrlIndex &index, std::size_t n);

    CrlIndex() = default;

    std::span<std::uint8_t> octets_;
    IndexId id_;
    std::size_t size_ = 0;
};

/// A record that is to be written: its entries were just read, or stand in another index, from
/// which they are copied.
struct NewRecord {
    CrlInfo info;
    Signer signer;
    std::string source;
    std::variant<TableBuilder, std::span<const std::uint8_t>> entries;
};

/// The octets of the nth record's table, to write it into a new index; none where it is damaged.
std::span<const std::uint8_t> table_octets(const CrlIndex &index, std::size_t n);

/// Writes an index into an empty file that is open for reading and writing. Space is reserved
/// first: a full disk is an error, never a signal (but a limit on file sizes is SIGXFSZ, unless
/// that is ignored, as httpd does). The records may be in any order; those of one issuer keep
/// theirs. An index that tables are copied from must stay mapped. Does not sync.
Result<IndexId> write_index(int fd, std::vector<NewRecord> records, std::string_view memory);

}  // namespace clientcert

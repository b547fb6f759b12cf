// SPDX-License-Identifier: Apache-2.0
// Reads index files (index_layout.hh has the layout). What they say is believed nowhere: each part
// is looked for within the file when it is asked for.
#include "core/crl/index/index_layout.hh"
#include "core/crl/index/mapping.hh"
#include "core/crl/index/record_description.hh"
#include "core/crl/index/words.hh"

#include <clientcert/crl_index.hh>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace clientcert {

using index_file::Header;
using index_file::Row;

namespace {

Row row_at(Octets file, std::size_t n)
{
    return load<Row>(file.data() + index_file::row_offset(n));
}

/// The first of `count` rows that does not come before that issuer's; by hand, as clang 14 knows no
/// std::views::iota.
std::size_t first_row(Octets file, std::size_t count, const NameId &issuer)
{
    std::size_t first = 0;
    for (std::size_t end = count; first < end;) {
        const std::size_t middle = first + (end - first) / 2;
        if (row_at(file, middle).issuer < issuer)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/// Why a file with that header, of that size, cannot be used; empty where it can.
std::string complaint(const Header &header, std::uint64_t size, const IndexId *id)
{
    if (header.magic != index_file::magic)
        return "it is no index of revocation lists";
    if (header.byte_order != index_file::byte_order)
        return "it was written on a machine with another byte order";
    if (header.layout_version != index_file::layout_version)
        return "its layout has version " + std::to_string(header.layout_version) + ", not " +
               std::to_string(index_file::layout_version);
    if (header.id.size != size)
        return "it has " + std::to_string(size) + " octets, not " + std::to_string(header.id.size);
    if (id && header.id != *id)
        return "it is another index than the one that was published";
    if (header.records > (size - index_file::smallest_file) / sizeof(Row))
        return "it is too short for " + std::to_string(header.records) + " revocation lists";
    return {};
}

Error system_error(const char *what)
{
    return {std::string{"cannot map the index of revocation lists: "} + what + ": " +
            std::generic_category().message(errno)};
}

}  // namespace

Result<std::shared_ptr<const CrlIndex>> CrlIndex::map(int fd, const IndexId *id)
{
    struct stat status {};
    if (fstat(fd, &status) != 0)
        return system_error("fstat");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || size < index_file::smallest_file)
        return Error{"the index of revocation lists cannot be used: it is no index of "
                     "revocation lists"};
    Mapping mapping{size, PROT_READ, MAP_SHARED, fd};
    if (!mapping)
        return system_error("mmap");
    const auto header = load<Header>(mapping.octets().data());
    if (const auto why = complaint(header, size, id); !why.empty())
        return Error{"the index of revocation lists cannot be used: " + why};
    std::shared_ptr<CrlIndex> index{new CrlIndex};
    index->octets_ = mapping.release();
    index->id_ = header.id;
    index->size_ = header.records;
    return std::shared_ptr<const CrlIndex>{std::move(index)};
}

CrlIndex::~CrlIndex()
{
    if (!octets_.empty())
        munmap(octets_.data(), octets_.size());
}

bool CrlIndex::whole() const
{
    const Octets file = octets_;
    const auto digest = file.last(sizeof(Sha256));
    return std::ranges::equal(sha256(file.first(file.size() - sizeof(Sha256))), digest);
}

std::vector<CrlRecord> CrlIndex::of_issuer(const NameId &issuer) const
{
    std::vector<CrlRecord> records;
    for (auto n = first_row(octets_, size_, issuer);
         n < size_ && row_at(octets_, n).issuer == issuer; ++n) {
        if (auto found = record(n))
            records.push_back(*std::move(found));
    }
    return records;
}

std::optional<CrlRecord> CrlIndex::record(std::size_t n) const
{
    if (n >= size_)
        return std::nullopt;
    const auto row = row_at(octets_, n);
    const auto table = Table::in(table_octets(*this, n));
    auto record = described(index_file::part(octets_, row.description));
    if (!table || !record)
        return std::nullopt;
    record->info.issuer_id = row.issuer;
    record->entries = *table;
    return record;
}

std::string_view CrlIndex::memory() const
{
    const auto octets = index_file::part(octets_, load<Header>(octets_.data()).memory);
    return {reinterpret_cast<const char *>(octets.data()), octets.size()};
}

std::span<const std::uint8_t> table_octets(const CrlIndex &index, std::size_t n)
{
    return n < index.size_ ? index_file::part(index.octets_, row_at(index.octets_, n).table)
                           : Octets{};
}

}  // namespace clientcert

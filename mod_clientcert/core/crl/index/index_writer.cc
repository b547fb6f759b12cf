// SPDX-License-Identifier: Apache-2.0
// Writes index files (index_layout.hh has the layout) straight into their place: what is held in
// memory meanwhile is the descriptions alone.
#include "core/crl/index/index_layout.hh"
#include "core/crl/index/mapping.hh"
#include "core/crl/index/record_description.hh"
#include "core/crl/index/words.hh"
#include "core/openssl.hh"

#include <clientcert/crl_index.hh>

#include <openssl/rand.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace clientcert {
namespace {

using index_file::Header;
using index_file::Row;

Error failure(const std::string &what, int error)
{
    return {"cannot write the index of revocation lists: " + what + ": " +
            std::generic_category().message(error)};
}

std::size_t table_size(const NewRecord &record)
{
    if (const auto *builder = std::get_if<TableBuilder>(&record.entries))
        return builder->size();
    return std::get<Octets>(record.entries).size();
}

/// Everything but the tables, and where everything goes.
struct Plan {
    Header header;
    std::vector<Row> rows;
    std::string descriptions;

    std::uint64_t size() const { return header.id.size; }
};

Plan plan_of(const std::vector<NewRecord> &records, std::string_view memory)
{
    Plan plan{};
    std::uint64_t end = index_file::row_offset(records.size());
    for (const auto &record : records) {
        const auto description = description_of(record.info, record.signer, record.source);
        plan.rows.push_back({.issuer = record.info.issuer_id,
                             .description = {end, description.size()},
                             .table = {}});
        plan.descriptions += description;
        end += description.size();
    }
    for (std::size_t n = 0; n < records.size(); ++n) {
        end = (end + 7) / 8 * 8;
        plan.rows[n].table = {end, table_size(records[n])};
        end += plan.rows[n].table.size;
    }
    plan.header = {.magic = index_file::magic,
                   .layout_version = index_file::layout_version,
                   .byte_order = index_file::byte_order,
                   .id = {.nonce = {}, .size = end + memory.size() + sizeof(Sha256)},
                   .records = records.size(),
                   .memory = {end, memory.size()}};
    const openssl::ErrorScope errors;
    auto &nonce = plan.header.id.nonce;
    if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
        throw std::runtime_error{"OpenSSL has no random octets"};
    return plan;
}

/// An error number; 0 where the file has so much space of its own now.
int reserve(int fd, std::uint64_t size)
{
    int error = 0;
    do {
        error = posix_fallocate(fd, 0, static_cast<off_t>(size));
    } while (error == EINTR);
    return error;
}

void write_table(NewRecord &record, std::span<std::uint8_t> place)
{
    if (auto *const builder = std::get_if<TableBuilder>(&record.entries))
        std::move(*builder).write(place);
    else
        std::ranges::copy(std::get<Octets>(record.entries), place.begin());
}

void fill(std::span<std::uint8_t> file, const Plan &plan, std::vector<NewRecord> &records,
          std::string_view memory)
{
    store(file.data(), plan.header);
    auto *place = file.data() + sizeof(Header);
    for (const auto &row : plan.rows) {
        store(place, row);
        place += sizeof row;
    }
    std::ranges::copy(plan.descriptions, place);
    for (std::size_t n = 0; n < records.size(); ++n) {
        const auto &table = plan.rows[n].table;
        write_table(records[n], file.subspan(table.offset, table.size));
    }
    std::ranges::copy(memory, file.data() + plan.header.memory.offset);
    const auto all = file.first(file.size() - sizeof(Sha256));
    store(file.data() + all.size(), sha256(all));
}

}  // namespace

Result<IndexId> write_index(int fd, std::vector<NewRecord> records, std::string_view memory)
{
    struct stat status {};
    if (fstat(fd, &status) != 0)
        return failure("fstat", errno);
    if (status.st_size != 0)
        return Error{"cannot write the index of revocation lists: the file is not empty"};

    std::ranges::stable_sort(records, {}, [](const NewRecord &record) -> const NameId & {
        return record.info.issuer_id;
    });
    const auto plan = plan_of(records, memory);
    if (const int error = reserve(fd, plan.size()); error != 0)
        return failure("reserving " + std::to_string(plan.size()) + " octets", error);
    const Mapping file{plan.size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd};
    if (!file)
        return failure("mmap", errno);
    fill(file.octets(), plan, records, memory);
    return plan.header.id;
}

}  // namespace clientcert

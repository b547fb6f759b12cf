// SPDX-License-Identifier: Apache-2.0
// How an index file is laid out:
//
//     header | rows | descriptions | tables, each at a multiple of 8 | memory | SHA-256 of all that
//
// There is a row for each record; they are sorted by issuer. Numbers are in the machine's own byte
// order: a mark in the header tells other machines.
#pragma once

#include <clientcert/crl_index.hh>

namespace clientcert::index_file {

inline constexpr std::array<char, 8> magic{'C', 'C', 'i', 'n', 'd', 'e', 'x', '\n'};
inline constexpr std::uint32_t layout_version = 1;
inline constexpr std::uint32_t byte_order = 0x01020304;

/// A part of the file.
struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct Header {
    std::array<char, 8> magic;
    std::uint32_t layout_version;
    std::uint32_t byte_order;
    IndexId id;
    std::uint64_t records;
    Extent memory;
};

struct Row {
    NameId issuer;
    Extent description;
    Extent table;
};

// All octets of them are written: there must be none that have no meaning.
static_assert(sizeof(Header) == 64 && std::has_unique_object_representations_v<Header>);
static_assert(sizeof(Row) == 48 && std::has_unique_object_representations_v<Row>);

inline constexpr std::size_t smallest_file = sizeof(Header) + sizeof(Sha256);

/// That part; empty where the file has no such part.
inline Octets part(Octets file, const Extent &extent)
{
    if (extent.offset > file.size() || extent.size > file.size() - extent.offset)
        return {};
    return file.subspan(extent.offset, extent.size);
}

/// Where the row of the nth record is.
constexpr std::uint64_t row_offset(std::uint64_t n)
{
    return sizeof(Header) + sizeof(Row) * n;
}

}  // namespace clientcert::index_file

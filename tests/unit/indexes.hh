// SPDX-License-Identifier: Apache-2.0
// Indexes of CRLs for tests, in memory.
#pragma once

#include "pki.hh"

#include <clientcert/crl_index.hh>
#include <clientcert/crl_reader.hh>

#include <sys/mman.h>
#include <unistd.h>

namespace clientcert::test {

using Index = std::shared_ptr<const CrlIndex>;

inline Index index_of(std::vector<NewRecord> records)
{
    const int fd = memfd_create("index", MFD_CLOEXEC);
    const auto id = write_index(fd, std::move(records), "");
    auto index = id ? CrlIndex::map(fd, &*id) : Result<Index>{Error{id.error()}};
    close(fd);
    if (!index)
        throw std::runtime_error{index.error()};
    return *std::move(index);
}

/// Octets that are there already.
class Text : public OctetSource {
public:
    explicit Text(std::string text) : text_{std::move(text)} {}

    Result<std::size_t> read(std::span<std::uint8_t> place) override
    {
        const auto size = std::min(place.size(), text_.size() - taken_);
        std::ranges::copy(octets_of(text_).subspan(taken_, size), place.begin());
        taken_ += size;
        return size;
    }

private:
    std::string text_;
    std::size_t taken_ = 0;
};

/// The one CRL that is in the octets.
inline Result<ReadCrl> read_crl(std::string der)
{
    Text source{std::move(der)};
    auto crl = CrlReader{source, std::uint64_t{1} << 24}.next();
    if (!crl)
        return Error{crl.error()};
    return std::move(**std::move(crl));
}

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
// Octets of a source, counted, and looked at ahead.
#pragma once

#include <clientcert/crl_reader.hh>

#include <vector>

namespace clientcert {

class Input : public OctetSource {
public:
    Input(OctetSource &source, std::uint64_t max_size);

    std::uint64_t max_size() const { return max_size_; }

    /// The next `size` octets (no more than a few thousand), or more; fewer at the end only. They
    /// stay where they are until the next call.
    Result<Octets> front(std::size_t size);

    /// Leaves out octets that `front` gave.
    void skip(std::size_t size) { begin_ += size; }

    /// Goes past what `front` gave without a copy.
    Result<std::size_t> read(std::span<std::uint8_t> place) override;

private:
    Result<std::size_t> read_source(std::span<std::uint8_t> place);

    OctetSource *source_;
    std::uint64_t max_size_;
    std::uint64_t size_ = 0;  ///< read so far
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace clientcert

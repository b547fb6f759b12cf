// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/input.hh"

#include <algorithm>

namespace clientcert {
namespace {

constexpr std::size_t buffer_size = std::size_t{64} * 1024;

}  // namespace

Input::Input(OctetSource &source, std::uint64_t max_size)
    : source_{&source}, max_size_{max_size}, buffer_(buffer_size)
{
}

Result<Octets> Input::front(std::size_t size)
{
    if (end_ - begin_ < size) {
        std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
        end_ -= begin_;
        begin_ = 0;
    }
    while (end_ - begin_ < size) {
        const auto count = read_source(std::span{buffer_}.subspan(end_));
        if (!count)
            return Error{count.error()};
        if (*count == 0)
            break;
        end_ += *count;
    }
    return Octets{buffer_}.subspan(begin_, end_ - begin_);
}

Result<std::size_t> Input::read(std::span<std::uint8_t> place)
{
    if (begin_ == end_)
        return read_source(place);
    const std::size_t count = std::min(place.size(), end_ - begin_);
    std::copy_n(buffer_.data() + begin_, count, place.data());
    begin_ += count;
    return count;
}

Result<std::size_t> Input::read_source(std::span<std::uint8_t> place)
{
    auto count = source_->read(place);
    if (!count)
        return count;
    if (*count > max_size_ - size_)
        return Error{"more than " + std::to_string(max_size_) + " octets, the limit for its size"};
    size_ += *count;
    return count;
}

}  // namespace clientcert

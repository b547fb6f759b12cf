// SPDX-License-Identifier: Apache-2.0
// Memory from mmap, which goes back to the system at once when it is not needed any more.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <span>
#include <utility>

namespace clientcert {

class Mapping {
public:
    Mapping() = default;

    /// As mmap(2); empty where that fails.
    Mapping(std::size_t size, int protection, int flags, int fd)
    {
        void *const place = mmap(nullptr, size, protection, flags, fd, 0);
        if (place != MAP_FAILED)
            octets_ = {static_cast<std::uint8_t *>(place), size};
    }

    Mapping(Mapping &&other) noexcept : octets_{other.release()} {}
    Mapping &operator=(Mapping &&other) noexcept
    {
        std::swap(octets_, other.octets_);
        return *this;
    }

    ~Mapping()
    {
        if (!octets_.empty())
            munmap(octets_.data(), octets_.size());
    }

    explicit operator bool() const { return !octets_.empty(); }
    std::span<std::uint8_t> octets() const { return octets_; }

    /// The octets, to be unmapped by the caller from now on.
    std::span<std::uint8_t> release() { return std::exchange(octets_, {}); }

private:
    std::span<std::uint8_t> octets_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/file_octets.hh"

#include <algorithm>
#include <cerrno>

namespace clientcert {
namespace {

// Small enough to be asked often whether to stop.
constexpr std::size_t piece = std::size_t{1} << 20;

}  // namespace

Result<std::size_t> FileOctets::read(std::span<std::uint8_t> place)
{
    interrupted_ = interrupted_ || host_.stopping() || !unchanged();
    if (interrupted_)
        return Error{"the reading was interrupted"};
    for (;;) {
        const auto size = ::read(file_.get(), place.data(), std::min(place.size(), piece));
        if (size >= 0)
            return static_cast<std::size_t>(size);
        if (errno != EINTR)
            return Error{"cannot be read: " + system_error(errno)};
    }
}

bool FileOctets::unchanged() const
{
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 && FileIdentity{status} == identity_;
}

}  // namespace clientcert

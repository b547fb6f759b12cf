// SPDX-License-Identifier: Apache-2.0
#include "core/file.hh"

#include <clientcert/octet_file.hh>

#include <fcntl.h>

#include <cerrno>

namespace clientcert {

Result<OctetFile> OctetFile::open(const std::string &path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return Error{quoted(path) + " cannot be opened: " + system_error(errno)};
    OctetFile file{descriptor};
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
        return Error{quoted(path) + " is a directory: one of its files is expected"};
    return file;
}

OctetFile::OctetFile(OctetFile &&other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)}
{
}

OctetFile &OctetFile::operator=(OctetFile &&other) noexcept
{
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

OctetFile::~OctetFile()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Result<std::size_t> OctetFile::read(std::span<std::uint8_t> place)
{
    for (;;) {
        const auto size = ::read(descriptor_, place.data(), place.size());
        if (size >= 0)
            return static_cast<std::size_t>(size);
        if (errno != EINTR)
            return Error{"cannot be read: " + system_error(errno)};
    }
}

}  // namespace clientcert

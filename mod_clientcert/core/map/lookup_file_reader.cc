// SPDX-License-Identifier: Apache-2.0
#include "core/map/lookup_file_reader.hh"

#include <fcntl.h>

#include <cerrno>

namespace clientcert {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 30;

}  // namespace

Result<std::optional<std::string>> LookupFileReader::read_if_changed()
{
    const auto identity = identity_at(AT_FDCWD, path_);
    if (identity && seen_ == identity)
        return std::optional<std::string>{};
    // What is written in the same moment as this is read may not show in the times: look again.
    const bool settled = identity && identity->blurred_for(file_clock()) == 0;
    seen_.reset();
    if (!identity)
        return Error{quoted(path_) + " cannot be read: " + system_error(errno)};
    auto contents = read(*identity);
    if (settled && contents && *contents)
        seen_ = identity;
    return contents;
}

/// Nothing where it has changed meanwhile: whoever writes it is not done.
Result<std::optional<std::string>> LookupFileReader::read(const FileIdentity &identity) const
{
    const auto failed = [this] {
        return Error{quoted(path_) + " cannot be read: " + system_error(errno)};
    };
    const Descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0)
        return failed();
    if (!S_ISREG(status.st_mode))
        return Error{quoted(path_) + " is no file"};
    if (identity.size > largest_file)
        return Error{quoted(path_) + " has more than a gibioctet"};
    std::string contents(identity.size, '\0');
    std::size_t size = 0;
    while (size < contents.size()) {
        const auto more = ::read(file.get(), contents.data() + size, contents.size() - size);
        if (more < 0 && errno != EINTR)
            return failed();
        if (more == 0)
            break;
        size += more > 0 ? static_cast<std::size_t>(more) : 0;
    }
    if (::fstat(file.get(), &status) != 0 || FileIdentity{status} != identity)
        return std::optional<std::string>{};
    return std::optional{std::move(contents)};
}

}  // namespace clientcert

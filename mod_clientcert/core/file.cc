// SPDX-License-Identifier: Apache-2.0
#include "core/file.hh"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>

namespace clientcert {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t nanoseconds(const timespec &time)
{
    // Far from now, one time is as good as another; their differences have to fit, too.
    constexpr std::int64_t two_centuries = 7'000'000'000;
    return std::clamp<std::int64_t>(time.tv_sec, -two_centuries, two_centuries) * second +
           time.tv_nsec;
}

bool write_all(int fd, std::string_view contents)
{
    while (!contents.empty()) {
        const auto size = ::write(fd, contents.data(), contents.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        contents.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace

FileIdentity::FileIdentity(const struct stat &status)
    : device{status.st_dev}, inode{status.st_ino}, size{static_cast<std::uint64_t>(status.st_size)},
      modified{nanoseconds(status.st_mtim)}, changed{nanoseconds(status.st_ctim)}
{
}

std::int64_t FileIdentity::blurred_for(std::int64_t now) const
{
    // A kernel's clock for files ticks a hundred times a second or more; some file systems keep
    // whole seconds, or every other one.
    const std::int64_t tick = modified % second == 0 ? 2 * second : second / 50;
    const std::int64_t last = std::max(modified, changed);
    return last > now ? 0 : std::max<std::int64_t>(last + tick - now, 0);
}

std::int64_t file_clock()
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

std::optional<FileIdentity> identity_at(int directory, const std::string &name)
{
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, 0) != 0)
        return std::nullopt;
    return FileIdentity{status};
}

std::string system_error(int number)
{
    return std::system_category().message(number);
}

std::optional<std::string> contents_at(int directory, const std::string &name, std::size_t limit)
{
    const Descriptor file{
        ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    std::string contents;
    for (std::size_t read = 0;;) {
        contents.resize(std::min(read + 65536, limit + 1));
        const auto size = ::read(file.get(), contents.data() + read, contents.size() - read);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return std::nullopt;
        read += static_cast<std::size_t>(size);
        if (read > limit)
            return std::nullopt;
        if (size == 0) {
            contents.resize(read);
            return contents;
        }
    }
}

Result<bool> replace_at(int directory, const std::string &name, const std::string &aside,
                        std::string_view contents)
{
    const Descriptor file{::openat(directory, aside.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (file && write_all(file.get(), contents) &&
        ::renameat(directory, aside.c_str(), directory, name.c_str()) == 0)
        return true;
    const int error = errno;
    ::unlinkat(directory, aside.c_str(), 0);
    return Error{"cannot write " + quoted(name) + ": " + system_error(error)};
}

std::optional<std::vector<std::string>> names_in(int directory, const std::string &name)
{
    Descriptor fd{::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd)
        return std::nullopt;
    const std::unique_ptr<DIR, decltype([](DIR *stream) { ::closedir(stream); })> stream{
        ::fdopendir(fd.get())};
    if (!stream)
        return std::nullopt;
    static_cast<void>(fd.release());
    std::vector<std::string> names;
    errno = 0;
    while (const dirent *entry = ::readdir(stream.get()))
        if (const std::string_view found = entry->d_name; found != "." && found != "..")
            names.emplace_back(found);
    if (errno != 0)
        return std::nullopt;
    return names;
}

}  // namespace clientcert

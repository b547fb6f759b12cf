// SPDX-License-Identifier: Apache-2.0
#include "tool/source.hh"

#include <clientcert/crl_fetch.hh>

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <thread>

namespace clientcert::tool {
namespace {

constexpr std::chrono::milliseconds between_steps{5};

Result<Descriptor> fetch(const std::string &url, std::uint64_t max_size)
{
    Descriptor file{::memfd_create("download", MFD_CLOEXEC)};
    if (!file)
        return Error{"no memory for a download: " + system_error(errno)};
    Download download;
    download.url = url;
    download.fd = file.get();
    download.max_size = max_size;
    Downloads downloads;
    if (const auto started = downloads.start(std::move(download)); !started)
        return Error{started.error()};
    for (;;) {
        const auto ended = downloads.step();
        if (!ended.empty() && !ended.front().error.empty())
            return Error{ended.front().error};
        if (!ended.empty())
            break;
        std::this_thread::sleep_for(between_steps);
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

}  // namespace

Result<Source> Source::open(const std::string &where, std::uint64_t max_size)
{
    if (where.find("://") != where.npos) {
        auto fetched = fetch(where, max_size);
        if (!fetched)
            return Error{fetched.error()};
        return Source{*std::move(fetched)};
    }
    Descriptor file{::open(where.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file)
        return Error{quoted(where) + " cannot be opened: " + system_error(errno)};
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
        return Error{quoted(where) + " is a directory: one of its files is expected"};
    return Source{std::move(file)};
}

Result<std::size_t> Source::read(std::span<std::uint8_t> place)
{
    for (;;) {
        const auto size = ::read(file_.get(), place.data(), place.size());
        if (size >= 0)
            return static_cast<std::size_t>(size);
        if (errno != EINTR)
            return Error{"cannot be read: " + system_error(errno)};
    }
}

}  // namespace clientcert::tool

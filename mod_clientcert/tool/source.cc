// SPDX-License-Identifier: Apache-2.0
#include "tool/source.hh"
#include "core/file.hh"

#include <clientcert/crl_fetch.hh>

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

Result<OctetFile> open_source(const std::string &where, std::uint64_t max_size)
{
    if (where.find("://") == where.npos)
        return OctetFile::open(where);
    auto fetched = fetch(where, max_size);
    if (!fetched)
        return Error{fetched.error()};
    Descriptor file = *std::move(fetched);
    return OctetFile{file.release()};
}

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// What the tests of downloads have in common.
#pragma once

#include "http_server.hh"

#include <clientcert/crl_fetch.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>

namespace clientcert {

inline constexpr std::chrono::seconds patience{60};

/// A file without a name.
class Memory {
public:
    Memory() : fd_{memfd_create("download", MFD_CLOEXEC)} {}
    ~Memory() { close(fd_); }
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;

    int fd() const { return fd_; }

    std::string content() const
    {
        struct stat status {};
        CPPUNIT_ASSERT_EQUAL(0, fstat(fd_, &status));
        std::string text(static_cast<std::size_t>(status.st_size), '\0');
        CPPUNIT_ASSERT_EQUAL(ssize_t{status.st_size}, pread(fd_, text.data(), text.size(), 0));
        return text;
    }

private:
    int fd_;
};

inline Download download_of(const std::string &url, const Memory &file)
{
    Download download;
    download.url = url;
    download.fd = file.fd();
    download.timeout = patience;
    download.max_size = 1000;
    return download;
}

inline Downloaded finish(Downloads &downloads)
{
    for (const auto start = std::chrono::steady_clock::now();
         std::chrono::steady_clock::now() < start + patience;) {
        const auto ended = downloads.step();
        if (!ended.empty())
            return ended.front();
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    CPPUNIT_FAIL("the download does not end");
    return {};
}

inline Downloaded fetch(const Download &download)
{
    Downloads downloads;
    const auto id = downloads.start(download);
    CPPUNIT_ASSERT_MESSAGE(id ? "" : id.error(), id);
    auto result = finish(downloads);
    CPPUNIT_ASSERT_EQUAL(*id, result.id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, downloads.under_way());
    return result;
}

inline std::string error_of(const Download &download)
{
    return fetch(download).error;
}

inline std::string refusal_of(const Download &download)
{
    Downloads downloads;
    const auto id = downloads.start(download);
    CPPUNIT_ASSERT(!id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, downloads.under_way());
    return id.error();
}

inline AllowedHosts hosts(const std::vector<const char *> &listed)
{
    AllowedHosts result;
    for (const char *host : listed)
        CPPUNIT_ASSERT(result.add(host));
    return result;
}

inline bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != text.npos;
}

/// A server and a file, and no proxies.
class DownloadFixture : public CppUnit::TestFixture {
public:
    void setUp() override { forget_proxies(); }
    void tearDown() override { forget_proxies(); }

protected:
    Download download(const std::string &path) const
    {
        return download_of(server_.url(path), file_);
    }

    HttpServer server_;
    Memory file_;

private:
    static void forget_proxies()
    {
        for (const char *name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                 "ALL_PROXY", "no_proxy", "NO_PROXY"})
            unsetenv(name);
    }
};

}  // namespace clientcert

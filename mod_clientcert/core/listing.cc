// SPDX-License-Identifier: Apache-2.0
#include "core/listing.hh"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace clientcert {
namespace {

constexpr std::string_view leftovers[] = {
    "~",     ".bak",  ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp", ".new", ".old",
    ".orig", ".part", ".rpmnew",    ".rpmsave",  ".save",     ".swp",      ".tmp"};

bool is_leftover(std::string_view name)
{
    return name.starts_with('.') || name.starts_with('#') ||
           std::ranges::any_of(leftovers, [&](auto end) { return name.ends_with(end); });
}

bool is_link(int directory, const std::string &name)
{
    struct stat status {};
    return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(status.st_mode);
}

/// Collects the files of a directory.
class Collector {
public:
    Collector(int directory, const std::string &path) : directory_{directory}, path_{path} {}

    void add(const std::string &name)
    {
        struct stat status {};
        if (::fstatat(directory_, name.c_str(), &status, 0) != 0)
            return add_unseen(name, errno);
        if (!S_ISREG(status.st_mode))
            return;
        const FileIdentity identity{status};
        const auto [same, is_new] =
            by_inode_.try_emplace({identity.device, identity.inode}, files_.size());
        if (is_new)
            files_.push_back({path_ + '/' + name, identity, {}});
        else if (const auto &before = files_[same->second].path;
                 is_link(AT_FDCWD, before) && !is_link(directory_, name))
            files_[same->second].path = path_ + '/' + name;
    }

    std::vector<ListedFile> files() &&
    {
        std::ranges::sort(files_, {}, &ListedFile::path);
        return std::move(files_);
    }

private:
    void add_unseen(const std::string &name, int error)
    {
        // Removed in this moment, or a link that leads nowhere.
        if (error != ENOENT || is_link(directory_, name))
            files_.push_back({path_ + '/' + name, {}, "cannot be read: " + system_error(error)});
    }

    int directory_;
    const std::string &path_;
    std::vector<ListedFile> files_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> by_inode_;
};

Result<std::vector<ListedFile>> list_directory(const std::string &path)
{
    const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    auto names = directory ? names_in(directory.get(), ".") : std::nullopt;
    if (!names)
        return Error{"cannot be read: " + system_error(errno)};
    std::erase_if(*names, is_leftover);
    std::ranges::sort(*names);
    Collector collector{directory.get(), path};
    for (const auto &name : *names)
        collector.add(name);
    return std::move(collector).files();
}

}  // namespace

Result<std::vector<ListedFile>> list_files(const std::string &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return Error{"cannot be read: " + system_error(errno)};
    if (S_ISDIR(status.st_mode))
        return list_directory(path);
    if (!S_ISREG(status.st_mode))
        return Error{"is neither a file nor a directory"};
    return std::vector<ListedFile>{{path, FileIdentity{status}, {}}};
}

bool is_gone(const std::string &path, const std::vector<ListedFile> &files)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    const FileIdentity identity{status};
    return std::ranges::any_of(
        files, [&](const auto &file) { return file.identity.inode == identity.inode; });
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Files: owned descriptors, what tells one state of a file from another, small files whole.
#pragma once

#include <clientcert/octets.hh>
#include <clientcert/result.hh>

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clientcert {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_{fd} {}
    Descriptor(Descriptor &&other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

/// What stat tells of a file: when it is the same, so is the file.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  ///< nanoseconds since 1970
    std::int64_t changed = 0;   ///< of the inode, nanoseconds since 1970

    FileIdentity() = default;
    explicit FileIdentity(const struct stat &status);

    /// How long it takes (nanoseconds, from `now`) until another write is sure to show in the
    /// times: those of a file system tick.
    std::int64_t blurred_for(std::int64_t now) const;

    /// Nanoseconds since it was written; negative where the clock was set back.
    std::int64_t age(std::int64_t now) const { return now - modified; }

    static void fields(auto &archive, auto &self)
    {
        archive(self.device, self.inode, self.size, self.modified, self.changed);
    }

    bool operator==(const FileIdentity &) const = default;
};

/// The clock that file systems take their times from, in nanoseconds since 1970.
std::int64_t file_clock();

/// Nothing where there is none, or it cannot be looked at (`errno` says which).
std::optional<FileIdentity> identity_at(int directory, const std::string &name);

/// "No such file or directory".
std::string system_error(int number);

/// The whole of a file of no more than `limit` octets that is no symbolic link; nothing where it
/// cannot be read.
std::optional<std::string> contents_at(int directory, const std::string &name, std::size_t limit);

/// Written aside (as `aside`) and renamed: nobody ever sees half of it.
Result<bool> replace_at(int directory, const std::string &name, const std::string &aside,
                        std::string_view contents);

/// The names in a directory but `.` and `..`, in no order; nothing where it cannot be read.
std::optional<std::vector<std::string>> names_in(int directory, const std::string &name);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/state_directory.hh"
#include "core/crl/keeper/source.hh"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>

namespace clientcert {
namespace {

// At a graceful restart the keeper of the old generation needs a moment to leave.
constexpr std::chrono::seconds usual_wait{3};

std::string octal(mode_t mode)
{
    std::string text;
    for (int shift = 6; shift >= 0; shift -= 3)
        text += static_cast<char>('0' + (mode >> shift & 7));
    return text;
}

Error cannot(const char *what, const std::string &path, int number)
{
    return Error{std::string{"cannot "} + what + " the state directory " + quoted(path) + ": " +
                 system_error(number)};
}

/// Where there is none, one of our own.
Result<bool> make_directory(int parent, const std::string &path, unsigned uid, unsigned gid)
{
    if (::mkdirat(parent, path.c_str(), 0700) != 0) {
        if (errno == EEXIST)
            return false;
        return cannot("make", path, errno);
    }
    const Descriptor made{
        ::openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!made || (::geteuid() == 0 && ::fchown(made.get(), uid, gid) != 0))
        return cannot("give away", path, errno);
    return true;
}

Result<bool> make_folders(int directory, unsigned uid, unsigned gid)
{
    for (const auto *name : {state_file::seen, state_file::downloads, state_file::forget})
        if (const auto made = make_directory(directory, name, uid, gid); !made)
            return Error{made.error()};
    return true;
}

Result<bool> check_directory(const std::string &path, const struct stat &status, unsigned uid)
{
    const auto name = "the state directory " + quoted(path);
    if (status.st_uid != uid)
        return Error{name + " belongs to user " + std::to_string(status.st_uid) +
                     "; it must belong to user " + std::to_string(uid) +
                     ", as whom the server's children run"};
    if ((status.st_mode & 0077) != 0)
        return Error{name + " has mode " + octal(status.st_mode) +
                     "; nobody else may enter it: it must have 700"};
    return true;
}

}  // namespace

Result<int> open_state_directory(const std::string &path, unsigned uid, unsigned gid)
{
    if (const auto made = make_directory(AT_FDCWD, path, uid, gid); !made)
        return Error{made.error()};
    Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat status {};
    if (!directory && (errno == ELOOP || errno == ENOTDIR))
        return Error{"the state directory " + quoted(path) +
                     " must be a directory, and no symbolic link to one"};
    if (!directory || ::fstat(directory.get(), &status) != 0)
        return cannot("open", path, errno);
    if (const auto good = check_directory(path, status, uid); !good)
        return Error{good.error()};
    if (const auto made = make_folders(directory.get(), uid, gid); !made)
        return Error{made.error()};
    return directory.release();
}

Result<std::shared_ptr<const CrlIndex>> map_index(int state_directory, const IndexId *id)
{
    const Descriptor file{::openat(state_directory, state_file::index,
                                   O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat directory {};
    struct stat status {};
    if (!file || ::fstat(state_directory, &directory) != 0 || ::fstat(file.get(), &status) != 0)
        return Error{"cannot open the index of CRLs: " + system_error(errno)};
    // Whoever owns the directory could put any file there.
    const bool owned = status.st_uid == directory.st_uid || status.st_uid == 0;
    if (!S_ISREG(status.st_mode) || !owned || (status.st_mode & 0022) != 0)
        return Error{"the index of CRLs must be a file that belongs to the owner of the state "
                     "directory and that nobody else may write"};
    return CrlIndex::map(file.get(), id);
}

StateDirectory::StateDirectory(std::string path, KeeperHost &host)
    : path_{std::move(path)}, host_{host}
{
}

bool StateDirectory::hold(Time now)
{
    if (directory_ && !still_there()) {
        locked_ = false;
        lock_file_.reset();
        directory_.reset();
    }
    if (!directory_ && !open())
        return false;
    if (!locked_ || !still_locked()) {
        locked_ = lock(now);
        held_ += locked_ ? 1 : 0;
    }
    if (!locked_ || !has_folders())
        return false;
    log_.over(host_, "the state directory " + quoted(path_) + " can be used again");
    return true;
}

bool StateDirectory::still_there() const
{
    struct stat ours {};
    struct stat found {};
    return ::fstat(directory_.get(), &ours) == 0 && ::lstat(path_.c_str(), &found) == 0 &&
           ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

bool StateDirectory::still_locked() const
{
    struct stat ours {};
    const auto found = identity_at(directory_.get(), state_file::lock);
    return found && ::fstat(lock_file_.get(), &ours) == 0 && ours.st_ino == found->inode;
}

/// A careless clean-up may have taken them.
bool StateDirectory::has_folders()
{
    const auto there = make_folders(directory_.get(), ::geteuid(), ::getegid());
    if (!there)
        log_.say(host_, KeeperHost::Level::error, there.error());
    return static_cast<bool>(there);
}

bool StateDirectory::open()
{
    const auto opened = open_state_directory(path_, ::geteuid(), ::getegid());
    if (!opened) {
        log_.say(host_, KeeperHost::Level::error,
                 opened.error() + "; the CRLs in force stay in force, and no change is taken in");
        return false;
    }
    directory_ = Descriptor{*opened};
    return true;
}

bool StateDirectory::lock(Time now)
{
    if (!lock_file_ || !still_locked())
        lock_file_ = Descriptor{::openat(directory_.get(), state_file::lock,
                                         O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!lock_file_) {
        const int error = errno;
        log_.say(host_, KeeperHost::Level::error,
                 cannot("lock", path_, error).message +
                     "; the CRLs in force stay in force, and no change is taken in");
        return false;
    }
    if (::flock(lock_file_.get(), LOCK_EX | LOCK_NB) == 0) {
        waiting_since_ = Time{};
        sign_lock();
        return still_locked();
    }
    if (waiting_since_ == Time{} || now < waiting_since_)
        waiting_since_ = now;
    if (now >= later(waiting_since_, usual_wait))
        log_.say(host_, KeeperHost::Level::error,
                 "the state directory " + quoted(path_) + " is in use by " + owner_of_lock() +
                     ": each server needs a ClientCertStateDir of its own; waiting until it is "
                     "free");
    return false;
}

/// For those who wait; it does not matter when that fails.
void StateDirectory::sign_lock() const
{
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::string text =
        "process " + std::to_string(::getpid()) + " on " + quoted(host.data()) + '\n';
    if (::ftruncate(lock_file_.get(), 0) == 0)
        static_cast<void>(::pwrite(lock_file_.get(), text.data(), text.size(), 0) == 0);
}

std::string StateDirectory::owner_of_lock() const
{
    const auto text = contents_at(directory_.get(), state_file::lock, 512);
    if (!text || text->empty() || text->back() != '\n' || text->find('\n') + 1 != text->size())
        return "another process";
    return text->substr(0, text->size() - 1);
}

}  // namespace clientcert

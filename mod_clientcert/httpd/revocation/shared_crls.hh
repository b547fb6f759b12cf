// SPDX-License-Identifier: Apache-2.0
// The CRLs in force, as all processes of the server share them: which index file it is, in shared
// memory, and the file itself, mapped by each.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/crl_keeper.hh>
#include <clientcert/trust.hh>

#include <atomic>
#include <memory>
#include <mutex>

namespace clientcert::httpd {

/// Stands in the shared memory, which outlives the configuration: children that drain after a
/// graceful restart follow as well. One process writes at a time (it holds the lock of the state
/// directory), and may be killed while it does.
class Announcement {
public:
    struct Content {
        IndexId id{};
        std::uint64_t sources = 0;  ///< a digest of those that have all been looked at, 0: of none
    };

    /// Changes with every announcement.
    std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

    /// The latest content, and its generation.
    std::pair<Content, std::uint64_t> read() const;

    void write(const Content &content);

private:
    static constexpr std::size_t words = 4;
    using Slot = std::array<std::atomic<std::uint64_t>, words>;

    std::atomic<std::uint64_t> generation_{0};
    std::array<Slot, 2> slots_{};  ///< by generation, in turn: a slot that is written is not read
};

/// That of one configuration, in each process.
class SharedCrls {
public:
    SharedCrls(Announcement &announcement, std::string directory, int directory_fd,
               std::uint64_t sources);
    ~SharedCrls();
    SharedCrls(const SharedCrls &) = delete;
    SharedCrls &operator=(const SharedCrls &) = delete;

    struct View {
        std::shared_ptr<const CrlIndex> index;
        CrlsInForce::Sources sources = CrlsInForce::Sources::unread;
        std::uint64_t generation = 0;

        CrlsInForce in_force() const { return {index.get(), sources}; }
    };

    std::uint64_t generation() const { return announcement_.generation(); }

    /// The CRLs as they are announced now; where their file cannot be mapped, the last ones.
    View view() const;

    /// For the process that keeps the CRLs. Whether it is another index than before.
    bool announce(const IndexId &id);
    void announce_all_read();

    const std::string &directory() const { return directory_; }
    int directory_fd() const { return directory_fd_; }

    /// Where the directory was removed and made again, the descriptor becomes one of the new one.
    /// Whether it is one of the directory that is there.
    bool follow_directory() const;

private:
    void follow() const;
    void complain(std::uint64_t generation, const std::string &why) const;

    Announcement &announcement_;
    std::string directory_;
    int directory_fd_;
    std::uint64_t sources_;

    mutable std::mutex mutex_;  ///< guards what is below
    mutable View view_;
    mutable struct {
        std::uint64_t generation = 0;
        Time since{};
        bool told = false;
    } trouble_;
};

/// The announcement for that state directory, made at the first call in the life of the server.
Announcement &announcement_for(apr_pool_t *process_pool, const char *state_directory);

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation/shared_crls.hh"

#include "httpd/barrier.hh"

#include <clientcert/clock.hh>

#include <apr_shm.h>

#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace clientcert::httpd {
namespace {

using Sources = CrlsInForce::Sources;

/// Between a new file's rename and its announcement, on a machine that has a lot to do.
constexpr std::chrono::seconds longest_announcement{2};

Sources state_of(std::uint64_t read, std::uint64_t wanted)
{
    if (read == wanted)
        return Sources::read;
    return read == 0 ? Sources::unread : Sources::earlier;
}

}  // namespace

std::pair<Announcement::Content, std::uint64_t> Announcement::read() const
{
    for (;;) {
        const auto generation = generation_.load(std::memory_order_acquire);
        const auto &slot = slots_[generation % 2];
        std::array<std::uint64_t, words> copy;
        for (std::size_t i = 0; i < words; ++i)
            copy[i] = slot[i].load(std::memory_order_relaxed);
        // The slot is written again two announcements later: then this was none of it.
        std::atomic_thread_fence(std::memory_order_acquire);
        if (generation_.load(std::memory_order_relaxed) != generation)
            continue;
        Content content;
        std::memcpy(content.id.nonce.data(), copy.data(), content.id.nonce.size());
        content.id.size = copy[2];
        content.sources = copy[3];
        return {content, generation};
    }
}

void Announcement::write(const Content &content)
{
    std::array<std::uint64_t, words> copy{};
    std::memcpy(copy.data(), content.id.nonce.data(), content.id.nonce.size());
    copy[2] = content.id.size;
    copy[3] = content.sources;
    const auto next = generation_.load(std::memory_order_relaxed) + 1;
    auto &slot = slots_[next % 2];
    // Whoever still reads that slot has to see that it is not the one any more.
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < words; ++i)
        slot[i].store(copy[i], std::memory_order_relaxed);
    generation_.store(next, std::memory_order_release);
}

SharedCrls::SharedCrls(Announcement &announcement, std::string directory, int directory_fd,
                       std::uint64_t sources)
    : announcement_{announcement}, directory_{std::move(directory)},
      directory_fd_{directory_fd}, sources_{sources}
{
}

SharedCrls::~SharedCrls()
{
    if (directory_fd_ >= 0)
        close(directory_fd_);
}

SharedCrls::View SharedCrls::view() const
{
    const std::scoped_lock lock{mutex_};
    if (view_.generation != generation())
        follow();
    return view_;
}

void SharedCrls::follow() const
{
    // A file that is replaced meanwhile is announced again: a few attempts meet the next one.
    for (int attempt = 0; attempt < 4; ++attempt) {
        const auto [content, generation] = announcement_.read();
        const bool none = content.id.size == 0;
        if (!none && !(view_.index && view_.index->id() == content.id)) {
            auto index = map_index(directory_fd_, &content.id);
            if (!index) {
                follow_directory();
                if (announcement_.generation() == generation)
                    complain(generation, index.error());
                continue;
            }
            view_.index = *std::move(index);
        }
        view_.sources = state_of(content.sources, sources_);
        view_.generation = generation;
        return;
    }
}

/// Once, and not of a file that stands there already while its announcement is under way.
void SharedCrls::complain(std::uint64_t generation, const std::string &why) const
{
    const Time now = current_time();
    if (trouble_.generation != generation)
        trouble_ = {generation, now, false};
    if (trouble_.told || now < trouble_.since + longest_announcement)
        return;
    trouble_.told = true;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                 CCLOGNO(0201) "the CRLs in %s cannot be used, the last ones stay in force: %s",
                 directory_.c_str(), why.c_str());
}

bool SharedCrls::follow_directory() const
{
    struct stat held = {};
    struct stat there = {};
    if (fstat(directory_fd_, &held) != 0 || lstat(directory_.c_str(), &there) != 0)
        return false;
    if (held.st_dev == there.st_dev && held.st_ino == there.st_ino)
        return true;
    const bool ours = S_ISDIR(there.st_mode) && there.st_uid == held.st_uid &&
                      (there.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    const int again =
        ours ? open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (again < 0)
        return false;
    const bool followed = fstat(again, &held) == 0 && held.st_dev == there.st_dev &&
                          held.st_ino == there.st_ino && dup3(again, directory_fd_, O_CLOEXEC) >= 0;
    close(again);
    return followed;
}

bool SharedCrls::announce(const IndexId &id)
{
    auto content = announcement_.read().first;
    const bool is_new = content.id != id;
    content.id = id;
    announcement_.write(content);
    return is_new;
}

void SharedCrls::announce_all_read()
{
    auto content = announcement_.read().first;
    if (content.sources == sources_)
        return;
    content.sources = sources_;
    announcement_.write(content);
}

Announcement &announcement_for(apr_pool_t *process_pool, const char *state_directory)
{
    // The layout is part of the key: after an upgrade another one may be needed.
    const char *key = apr_pstrcat(process_pool, "mod_clientcert CRLs 1 ", state_directory, nullptr);
    void *known = nullptr;
    apr_pool_userdata_get(&known, key, process_pool);
    if (known != nullptr)
        return *static_cast<Announcement *>(known);
    apr_shm_t *memory = nullptr;
    if (apr_shm_create(&memory, sizeof(Announcement), nullptr, process_pool) != APR_SUCCESS)
        throw std::runtime_error{"no shared memory for the CRLs"};
    auto *made = new (apr_shm_baseaddr_get(memory)) Announcement;
    apr_pool_userdata_setn(made, key, nullptr, process_pool);
    return *made;
}

}  // namespace clientcert::httpd

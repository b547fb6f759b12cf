// SPDX-License-Identifier: Apache-2.0
// A keeper's output: the index, and what it remembers.
#include "core/crl/keeper/keeper_state.hh"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace clientcert {
namespace {

using Level = KeeperHost::Level;

constexpr std::chrono::seconds longest_wait{8};

/// A directory of thousands is not told line by line.
constexpr std::size_t most_told = 20;

std::string life_of(const CrlInfo &info)
{
    const auto entries = std::to_string(info.entries) + (info.entries == 1 ? " entry" : " entries");
    return info.next_update == Time::max() ? entries
                                           : entries + ", next update " + rfc3339(info.next_update);
}

/// What the administrator learns of CRLs that come into force.
std::vector<std::string> news(const std::vector<NewRecord> &records)
{
    std::vector<std::string> lines;
    std::size_t count = 0;
    for (const auto &record : records)
        if (std::holds_alternative<TableBuilder>(record.entries) && ++count <= most_told)
            lines.push_back(described(record.info) + " from " + shown_source(record.source) +
                            " is in force: " + life_of(record.info));
    if (count > most_told)
        lines.push_back("and so are " + std::to_string(count - most_told) + " others");
    return lines;
}

}  // namespace

void CrlKeeper::State::publish()
{
    if (!changed && !index_lost && pool.index())
        return;
    const auto ids = pool.chosen(all_files());
    if (!index_lost && pool.is_published(ids)) {
        changed = false;
        return;
    }
    const auto written = write_new_index(ids);
    if (!written) {
        publishing_failed(written.error());
        return;
    }
    for (auto *file : all_files())
        file->published = file->known.crls;
    changed = index_lost = false;
    memory_dirty = true;
    publishing_failures = 0;
    publishing_log.over(host, "the index of CRLs can be written again");
}

/// Published first, synced then: that may take seconds. After a loss of power the digest tells.
Result<bool> CrlKeeper::State::write_new_index(const std::vector<CrlId> &ids)
{
    std::map<CrlId, std::string> where;
    for (const auto *file : all_files())
        for (const auto &id : file->known.crls)
            where.try_emplace(id, file->known.where);

    const auto aside = std::string{state_file::index} + ".new." + std::to_string(::getpid());
    ::unlinkat(directory.fd(), aside.c_str(), 0);
    Descriptor file{::openat(directory.fd(), aside.c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file)
        return Error{"cannot make a file: " + system_error(errno)};
    auto remembered = memory();
    remembered.crls.clear();
    for (const auto &id : ids)
        remembered.crls.push_back({id, pool.held().at(id).warned});
    auto records = pool.records(ids, [&](const CrlId &id) { return where.at(id); });
    const auto lines = news(records);
    const auto id = write_index(file.get(), std::move(records), remembered.encoded());
    const auto mapped = id ? CrlIndex::map(file.get(), &*id)
                           : Result<std::shared_ptr<const CrlIndex>>{Error{id.error()}};
    if (!mapped || ::renameat(directory.fd(), aside.c_str(), directory.fd(), state_file::index)) {
        const auto why = mapped ? system_error(errno) : mapped.error();
        ::unlinkat(directory.fd(), aside.c_str(), 0);
        return Error{why};
    }
    host.published(*id);  // at once: whoever maps the file now finds another than was announced
    pool.published(*mapped, ids);
    for (const auto &line : lines)
        host.log(Level::notice, line);
    ::fsync(file.get());
    ::fsync(directory.fd());
    index_identity = identity_at(directory.fd(), state_file::index).value_or(FileIdentity{});
    index_file = std::move(file);
    return true;
}

/// The CRLs that were read are gone with the attempt: their files have to be read again.
void CrlKeeper::State::publishing_failed(const std::string &why)
{
    publishing_log.say(host, Level::error,
                       "the index of CRLs cannot be written into " + quoted(directory.path()) +
                           ": " + why + "; the CRLs in force stay in force");
    pool.not_published();
    for (auto &source : sources) {
        source.schedule.at_once();
        for (auto &[name, file] : source.files) {
            if (file.known.crls == file.published)
                continue;
            file.known.crls = file.published;
            file.known.read_again = true;
            if (const auto url = urls.find(name); url != urls.end())
                url->second.look_again();
        }
    }
    const std::chrono::seconds wait{1 << std::min(publishing_failures, 16U)};
    ++publishing_failures;
    publishing.done(now, std::min(wait, longest_wait));
    changed = true;
}

void CrlKeeper::State::save_memory()
{
    if (!memory_dirty || !pool.index() || publishing_failures > 0)
        return;
    const auto &nonce = pool.index()->id().nonce;
    const auto saved =
        replace_at(directory.fd(), state_file::memory, std::string{state_file::memory} + ".new",
                   std::string{nonce.begin(), nonce.end()} + memory().encoded());
    if (saved) {
        memory_dirty = false;
        publishing_log.over(host, "the index of CRLs can be written again");
        return;
    }
    publishing_log.say(host, Level::error,
                       "what is known of CRLs cannot be kept in " + quoted(directory.path()) +
                           ": " + saved.error());
}

void CrlKeeper::State::decide()
{
    if (decided || !pool.index() || publishing_failures > 0 ||
        !std::ranges::all_of(sources, &TrackedSource::looked_at))
        return;
    decided = true;
    host.decided();
}

}  // namespace clientcert

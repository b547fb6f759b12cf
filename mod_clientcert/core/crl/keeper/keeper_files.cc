// SPDX-License-Identifier: Apache-2.0
// A keeper's looks at files and directories.
#include "core/crl/keeper/file_octets.hh"
#include "core/crl/keeper/keeper_state.hh"
#include "core/listing.hh"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace clientcert {
namespace {

using Level = KeeperHost::Level;

// A file that was written just now may be but half of what it is going to be.
constexpr std::int64_t settling = 2'000'000'000;

constexpr std::chrono::seconds soon{1};

/// A file that never comes to rest must not keep everybody out for ever.
constexpr std::chrono::seconds patience{5};

std::string joined(const std::vector<std::string> &messages)
{
    std::string text;
    for (const auto &message : messages)
        (text += text.empty() ? "" : "; ") += message;
    return text;
}

std::string folder_of(const std::string &path)
{
    const auto slash = path.rfind('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void CrlKeeper::State::look_at_sources()
{
    for (const auto &where : watcher.changed())
        for (auto &source : sources)
            if (source.settings.where == where)
                source.schedule.at_once();
    for (auto &source : sources) {
        if (stopping())
            return;
        if (source.settings.kind() != CrlSource::Kind::path)
            look_at_urls(source);
        else if (source.schedule.due(now))
            look_at(source);
    }
}

void CrlKeeper::State::look_at(TrackedSource &source)
{
    const auto &where = source.settings.where;
    source.schedule.done(now, source.settings.refresh);
    host.looked_at(source.settings);
    struct stat status {};
    if (::stat(where.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        watcher.watch(where, where);
    else
        watcher.watch(where, folder_of(where), where.substr(where.rfind('/') + 1));

    const auto files = list_files(where);
    const auto problem = files ? std::string{} : files.error();
    if (problem != std::exchange(source.problem, problem)) {
        memory_dirty = true;
        if (problem.empty())
            host.log(Level::notice, "CRL source " + quoted(where) + " can be read again");
        else
            host.log(Level::error, "CRL source " + quoted(where) + ' ' + problem +
                                       "; what it gave before stays in force");
        if (!problem.empty())
            host.failed(source.settings, problem);
    }
    const bool settled = !files || look_at_listed(source, *files);
    if (source.patience_ends == Time{})
        source.patience_ends = later(now, patience);
    source.looked_at = source.looked_at || (!stopped && (settled || now >= source.patience_ends));
}

/// False where a file is still being written.
bool CrlKeeper::State::look_at_listed(TrackedSource &source, const std::vector<ListedFile> &files)
{
    bool settled = true;
    for (const auto &listed : files) {
        if (stopping())
            return false;
        auto &file = source.files[listed.path];
        file.known.where = listed.path;
        if (!listed.problem.empty())
            problem_of(source, file, Level::error, listed.problem);
        else if (needs_reading(file, listed.identity))
            settled = read_file(source, file, listed.path) && settled;
    }
    const auto is_removed = [&](const auto &entry) {
        return !std::ranges::binary_search(files, entry.first, {}, &ListedFile::path) &&
               is_gone(entry.first, files);
    };
    if (std::erase_if(source.files, is_removed) > 0)
        changed = memory_dirty = true;
    return settled;
}

bool CrlKeeper::State::needs_reading(const TrackedFile &file, const FileIdentity &identity) const
{
    return file.known.read_again || file.known.identity != identity ||
           (file.known.again != Time{} && now >= file.known.again);
}

bool CrlKeeper::State::read_file(TrackedSource &source, TrackedFile &file, const std::string &path)
{
    const Descriptor opened{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!opened) {
        problem_of(source, file, Level::error, "cannot be read: " + system_error(errno));
        return true;
    }
    const bool is_settled = read(source, file, opened, true) != Reading::later;
    if (!is_settled || file.known.read_again)
        source.schedule.done(now, std::min(source.settings.refresh, soon));
    return is_settled;
}

CrlKeeper::State::Reading CrlKeeper::State::read(const TrackedSource &source, TrackedFile &file,
                                                 const Descriptor &opened, bool by_others)
{
    struct stat status {};
    const auto begin = file_clock();
    if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return Reading::later;
    const FileIdentity identity{status};
    FileOctets octets{opened, identity, host};
    auto intake = take_in(octets, source.settings.max_size, settings.issuers, now);
    if (octets.interrupted() || !octets.unchanged()) {
        stopping();
        return Reading::later;
    }
    const auto age = identity.age(begin);
    if (!intake && by_others && age >= 0 && age < settling)
        return Reading::later;

    const bool is_same = identity == std::exchange(file.known.identity, identity);
    file.known.read_again = by_others && identity.blurred_for(begin) > 0;
    memory_dirty = true;
    if (!is_same && by_others)
        file.known.problem.clear();
    if (!intake) {
        file.known.again = Time{};
        problem_of(source, file, Level::error, intake.error());
        return Reading::refused;
    }
    file.known.read = now;
    host.taken(source.settings);
    const auto before = file.known.crls;
    const auto findings = pool.take(file, *std::move(intake));
    changed = changed || before != file.known.crls ||
              std::ranges::any_of(file.known.crls, [&](const auto &id) {
                  return pool.held().at(id).fresh.has_value();
              });
    problem_of(source, file, findings.level, joined(findings.messages));
    return Reading::taken;
}

/// What is wrong with a file is said once for each state of the file.
void CrlKeeper::State::problem_of(const TrackedSource &source, TrackedFile &file, Level level,
                                  const std::string &message)
{
    if (message == std::exchange(file.known.problem, message))
        return;
    memory_dirty = true;
    if (message.empty())
        return;
    const auto &where = file.known.where;
    host.failed(source.settings, where == source.settings.where
                                     ? message
                                     : printable_source(where) + ": " + message);
    host.log(level, "CRL " + shown_source(file.known.where) + ": " + message +
                        (file.known.crls.empty() ? "" : "; what it gave before stays in force"));
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// A keeper's start: from what stands in the state directory.
#include "core/crl/keeper/keeper_state.hh"

#include <fcntl.h>

#include <algorithm>

namespace clientcert {
namespace {

constexpr std::size_t largest_memory = std::size_t{1} << 28;

/// Only the one who holds the lock writes such files: nobody is at it any more.
void remove_leftovers(int directory)
{
    const auto remove = [&](const std::string &folder, std::string_view prefix) {
        for (const auto &name : names_in(directory, folder).value_or(std::vector<std::string>{}))
            if (name.starts_with(prefix))
                ::unlinkat(directory, (folder + '/' + name).c_str(), 0);
    };
    remove(".", std::string{state_file::index} + ".new.");
    remove(".", std::string{state_file::memory} + ".new");
    remove(state_file::downloads, ".");
}

bool comes_from(const std::string &record_source, const CrlSource &source)
{
    return record_source == source.where || record_source.starts_with(source.where + '/');
}

/// Of an index without memory: nothing is taken for known but where its CRLs come from.
KeeperMemory reconstructed(const CrlIndex &index, const std::vector<TrackedSource> &sources)
{
    KeeperMemory memory;
    HighestNumbers numbers;
    for (const auto &source : sources)
        memory.sources.push_back({source.settings.where, source.settings.max_size, {}, {}});
    for (std::size_t n = 0; n < index.size(); ++n) {
        const auto record = index.record(n);
        // Never the name of a CRL that is read: that one will take its place.
        CrlId id{};
        for (std::size_t i = 0; i < sizeof n; ++i)
            id[id.size() - 1 - i] = static_cast<std::uint8_t>(n >> 8 * i);
        memory.crls.push_back({id, 0});
        if (!record)
            continue;
        numbers.raise(group_of(record->info, record->signer), record->info);
        for (std::size_t s = 0; s < sources.size(); ++s)
            if (comes_from(record->source, sources[s].settings)) {
                memory.sources[s].files.emplace_back().where = record->source;
                memory.sources[s].files.back().crls = {id};
            }
    }
    memory.numbers = numbers.all();
    return memory;
}

std::string nonce_of(const CrlIndex &index)
{
    return {index.id().nonce.begin(), index.id().nonce.end()};
}

}  // namespace

void CrlKeeper::State::start()
{
    remove_leftovers(directory.fd());
    seen.emplace();
    first_look_at_seen = true;
    seen_schedule.at_once();
    downloads.emplace();  // before the files that they are written to
    urls.clear();
    for (auto &source : sources)
        source.schedule.at_once();
    auto index = map_index(directory.fd(), nullptr);
    const auto &ours = pool.index();
    if (index && ours && (*index)->id() == ours->id())
        index_file = open_index();  // the directory was away, and is back
    else if (index && (*index)->whole())
        load(*index);
    else if (ours)
        index_lost = true;
    else
        load(nullptr);
    load_urls();
    take_seen();
    remove_unknown_downloads();
    started = directory.held();
}

void CrlKeeper::State::load(std::shared_ptr<const CrlIndex> index)
{
    const auto saved = contents_at(directory.fd(), state_file::memory, largest_memory);
    std::optional<KeeperMemory> memory;
    if (saved && saved->size() >= IndexId{}.nonce.size())
        memory = KeeperMemory::decoded(std::string_view{*saved}.substr(IndexId{}.nonce.size()));
    auto numbers = memory ? memory->numbers : std::vector<HighestNumber>{};
    if (!index) {
        if (::faccessat(directory.fd(), state_file::index, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            host.log(KeeperHost::Level::error, "the index of CRLs in " + quoted(directory.path()) +
                                                   " is damaged, and is built anew");
        pool.start(nullptr, {});
        adopt({});
        pool.numbers() = HighestNumbers{numbers};
        return;
    }
    // What was saved last may have been overtaken by an index, never the other way round.
    if (!memory || !saved->starts_with(nonce_of(*index)))
        memory = KeeperMemory::decoded(index->memory());
    if (!memory || memory->crls.size() != index->size())
        memory = reconstructed(*index, sources);
    pool.start(index, memory->crls);
    index_file = open_index();
    index_identity = identity_at(directory.fd(), state_file::index).value_or(FileIdentity{});
    numbers.insert(numbers.end(), memory->numbers.begin(), memory->numbers.end());
    pool.numbers() = HighestNumbers{numbers};
    adopt(*std::move(memory));
    host.published(index->id());
}

void CrlKeeper::State::adopt(KeeperMemory remembered)
{
    const bool same_trust = remembered.trust == settings.trust;
    for (auto &source : sources) {
        source.files.clear();
        source.problem.clear();
        const auto known = std::ranges::find(remembered.sources, source.settings.where,
                                             &KeeperMemory::Source::where);
        if (known == remembered.sources.end())
            continue;
        source.problem = known->problem;
        for (const auto &remembered_file : known->files) {
            auto &file = source.files[remembered_file.where];
            auto crls = std::move(file.known.crls);
            file.known = remembered_file;
            file.known.crls.insert(file.known.crls.end(), crls.begin(), crls.end());
            std::erase_if(file.known.crls,
                          [&](const auto &id) { return !pool.held().contains(id); });
            file.published = file.known.crls;
            file.known.read_again =
                file.known.read_again || !same_trust || known->max_size != source.settings.max_size;
        }
    }
    changed = memory_dirty = true;
}

KeeperMemory CrlKeeper::State::memory() const
{
    KeeperMemory memory;
    memory.trust = settings.trust;
    for (const auto &source : sources) {
        auto &known = memory.sources.emplace_back();
        known.where = source.settings.where;
        known.max_size = source.settings.max_size;
        known.problem = source.problem;
        for (const auto &[name, file] : source.files)
            known.files.push_back(file.known);
    }
    memory.crls = pool.crls();
    memory.numbers = pool.numbers().all();
    return memory;
}

Descriptor CrlKeeper::State::open_index() const
{
    return Descriptor{
        ::openat(directory.fd(), state_file::index, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
}

/// Somebody may have removed, replaced or damaged the index.
void CrlKeeper::State::check_index()
{
    const auto &index = pool.index();
    const auto found = identity_at(directory.fd(), state_file::index);
    if (!index || index_lost || (found && *found == index_identity))
        return;
    struct stat ours {};
    // A mapped file that was cut off must not be touched.
    const bool mapped = ::fstat(index_file.get(), &ours) == 0 &&
                        static_cast<std::uint64_t>(ours.st_size) == index->id().size;
    const auto mapped_anew = map_index(directory.fd(), &index->id());
    if (mapped && mapped_anew && index->whole() && (*mapped_anew)->whole()) {
        index_identity = *found;
        return;
    }
    host.log(KeeperHost::Level::error, "the index of CRLs in " + quoted(directory.path()) +
                                           " was damaged or removed, and is written anew");
    index_lost = true;
    if (!mapped || !index->whole())
        rebuild();
}

/// The tables of the current index are not to be trusted.
void CrlKeeper::State::rebuild()
{
    pool.start(nullptr, {});
    for (auto *file : all_files()) {
        file->known.crls.clear();
        file->published.clear();
        file->known.read_again = true;
    }
    for (auto &source : sources)
        source.schedule.at_once();
    for (auto &[url, state] : urls)
        state.look_again();
    changed = true;
}

}  // namespace clientcert

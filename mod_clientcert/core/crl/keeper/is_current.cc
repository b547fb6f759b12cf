// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/memory.hh"
#include "core/listing.hh"

#include <clientcert/crl_keeper.hh>

#include <algorithm>

namespace clientcert {
namespace {

bool is_current(const KeeperMemory::Source &known)
{
    const auto files = list_files(known.where);
    if (!files || files->size() != known.files.size())
        return false;
    return std::ranges::all_of(*files, [&](const auto &file) {
        const auto before = std::ranges::lower_bound(known.files, file.path, {}, &CrlFile::where);
        return before != known.files.end() && before->where == file.path &&
               before->identity == file.identity && file.problem.empty();
    });
}

}  // namespace

bool is_current(const CrlIndex &index, const std::vector<CrlSource> &sources,
                std::string_view trust)
{
    const auto memory = KeeperMemory::decoded(index.memory());
    if (!memory || memory->trust != trust || memory->sources.size() != sources.size())
        return false;
    return std::ranges::all_of(sources, [&](const auto &source) {
        const auto known =
            std::ranges::find(memory->sources, source.where, &KeeperMemory::Source::where);
        return known != memory->sources.end() && known->max_size == source.max_size &&
               (source.kind() != CrlSource::Kind::path || is_current(*known));
    });
}

}  // namespace clientcert

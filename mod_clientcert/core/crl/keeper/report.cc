// SPDX-License-Identifier: Apache-2.0
// What other processes learn of a keeper's sources: out of what it remembers.
#include "core/crl/keeper/memory.hh"

#include <clientcert/crl_keeper.hh>

namespace clientcert {
namespace {

constexpr std::size_t largest_memory = std::size_t{1} << 28;

std::string problem_of(const CrlFile &file)
{
    if (file.problem.empty() || file.not_downloaded.empty())
        return file.problem + file.not_downloaded;
    return file.not_downloaded + "; and " + file.problem;
}

CrlSourceReport report_of(const KeeperMemory::Source &source)
{
    CrlSourceReport report{source.where, source.problem, {}};
    for (const auto &file : source.files)
        report.files.push_back({file.where, file.read, problem_of(file), file.crls.size()});
    return report;
}

}  // namespace

std::vector<CrlSourceReport> report_of_sources(int state_directory)
{
    const auto saved = contents_at(state_directory, state_file::memory, largest_memory);
    constexpr auto begin = std::tuple_size_v<decltype(IndexId::nonce)>;
    if (!saved || saved->size() < begin)
        return {};
    const auto memory = KeeperMemory::decoded(std::string_view{*saved}.substr(begin));
    std::vector<CrlSourceReport> reports;
    if (memory)
        for (const auto &source : memory->sources)
            reports.push_back(report_of(source));
    return reports;
}

}  // namespace clientcert

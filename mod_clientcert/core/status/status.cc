// SPDX-License-Identifier: Apache-2.0
#include <clientcert/octets.hh>
#include <clientcert/status.hh>

#include <algorithm>
#include <map>
#include <numeric>

namespace clientcert {
namespace {

constexpr std::size_t id_octets = 8;

std::string id_of(const CrlRecord &record)
{
    std::string all = record.info.issuer;
    all += record.info.is_delta() ? 'd' : 'c';
    all += record.info.scope.der;
    all.append(record.signer.key.begin(), record.signer.key.end());
    const Sha256 digest = sha256(octets_of(all));
    return lower_hex(Octets{digest}.first(id_octets));
}

/// The file that a CRL came from, and its source.
struct Origin {
    const CrlSourceReport *source;
    const CrlSourceReport::File *file;
};
using Origins = std::map<std::string_view, Origin>;

Origins origins_in(const std::vector<CrlSourceReport> &reports)
{
    Origins origins;
    for (const auto &report : reports)
        for (const auto &file : report.files)
            origins.try_emplace(file.where, Origin{&report, &file});
    return origins;
}

Status::Crl crl_of(const CrlRecord &record, const Origins &origins)
{
    const auto &info = record.info;
    Status::Crl crl;
    crl.id = id_of(record);
    crl.file = printable_source(record.source);
    crl.source = crl.file;
    crl.issuer = printed_issuer(info);
    if (info.number)
        crl.number = printed_number(*info.number);
    if (info.base_number)
        crl.base_number = printed_number(*info.base_number);
    crl.entries = info.entries;
    crl.octets = info.size;
    crl.this_update = info.this_update;
    if (info.next_update != Time::max())
        crl.next_update = info.next_update;
    if (const auto origin = origins.find(record.source); origin != origins.end()) {
        crl.source = printable_source(origin->second.source->where);
        crl.read = origin->second.file->read;
        crl.problem = origin->second.file->problem;
    }
    return crl;
}

/// What is wrong with a source now.
std::vector<std::string> problems_of(const CrlSourceReport &report)
{
    std::vector<std::string> problems;
    if (!report.problem.empty())
        problems.push_back(report.problem);
    for (const auto &file : report.files)
        if (!file.problem.empty())
            problems.push_back(file.where == report.where
                                   ? file.problem
                                   : printable_source(file.where) + ": " + file.problem);
    return problems;
}

}  // namespace

double Status::Crl::life(Time at) const
{
    if (!next_update)
        return 0;
    const auto whole =
        std::max<double>(1, static_cast<double>((*next_update - this_update).count()));
    return std::max(0.0, static_cast<double>((at - this_update).count()) / whole);
}

std::uint64_t Status::Verdicts::judged() const
{
    return std::accumulate(failed.begin(), failed.end(), none + success);
}

void add_crls(Status::Crls &status, const CrlIndex &index,
              const std::vector<CrlSourceReport> &reports)
{
    const auto origins = origins_in(reports);
    for (std::size_t n = 0; n < index.size(); ++n)
        if (const auto record = index.record(n))
            status.crls.push_back(crl_of(*record, origins));
    std::ranges::stable_sort(status.crls, {}, [](const Status::Crl &crl) {
        return crl.next_update.value_or(Time::max());
    });
    for (auto &source : status.sources) {
        const auto report = std::ranges::find_if(
            reports, [&](const auto &one) { return printable_source(one.where) == source.where; });
        if (report != reports.end())
            source.problems = problems_of(*report);
        source.crls = static_cast<std::size_t>(
            std::ranges::count(status.crls, source.where, &Status::Crl::source));
    }
}

}  // namespace clientcert

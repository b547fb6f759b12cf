// SPDX-License-Identifier: Apache-2.0
// What tables of revoked certificates cost: to build one, to look certificates up in it, and the
// memory that both take.
//
//     lookup [ENTRIES [LOOKUPS]]
//
// Times are those of one look-up after the other, each waiting for the one before it. Instructions:
//
//     valgrind --tool=callgrind --toggle-collect='clientcert::Table::find*' lookup 1000000 100000
//     valgrind --tool=callgrind --toggle-collect='clientcert::TableBuilder::*' lookup 1000000 0
//
// and "Collected" at the end, divided by 2 * LOOKUPS and by ENTRIES. Numbers of 10M entries by
// valgrind take minutes.
#include <clientcert/crl_index.hh>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace {

using namespace clientcert;
using Clock = std::chrono::steady_clock;

/// 16 octets as CAs make them: random, the first one below 0x80. The nth is always the same one.
class Serial {
public:
    explicit Serial(std::uint64_t n)
    {
        for (auto &octet : octets_)
            octet = static_cast<std::uint8_t>((n = n * 6364136223846793005 + 1442695040888963407) >>
                                              56);
        octets_[0] &= 0x7f;
    }
    operator Octets() const { return octets_; }

private:
    std::array<std::uint8_t, 16> octets_;
};

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void print(const char *what, double number, const char *unit)
{
    std::printf("%-44s %10.1f %s\n", what, number, unit);
}

/// The most memory that this process has had so far.
double peak_memory()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::shared_ptr<const CrlIndex> index_of(std::uint64_t entries)
{
    const double before = peak_memory();
    auto start = Clock::now();
    TableBuilder builder;
    for (std::uint64_t n = 0; n < entries; ++n)
        builder.add(Serial{n}, nullptr, CrlReason::superseded, Time{std::chrono::seconds{n}});
    const auto count = static_cast<double>(entries);
    print("collecting", seconds_since(start) / count * 1e9, "ns an entry");

    std::vector<NewRecord> records;
    records.push_back({{}, {}, "a CRL", std::move(builder)});
    const std::unique_ptr<FILE, int (*)(FILE *)> file{std::tmpfile(), std::fclose};
    start = Clock::now();
    const auto id = write_index(fileno(file.get()), std::move(records), "");
    if (!id)
        throw std::runtime_error{id.error()};
    print("writing, with its digest", seconds_since(start) / count * 1e9, "ns an entry");
    print("the index", static_cast<double>(id->size) / count, "octets an entry");
    print("most memory while building",
          (peak_memory() - before) * 1048576 / static_cast<double>(id->size), "times the index");
    return *CrlIndex::map(fileno(file.get()));
}

/// Looks `count` serial numbers up, spread over those from `first` on; how many there are.
std::uint64_t look_up(const Table &table, std::uint64_t first, std::uint64_t range,
                      std::uint64_t count)
{
    std::uint64_t found = 0;
    for (std::uint64_t n = 0; n < count; ++n) {
        // Which comes next depends on what was found, as far as the processor knows.
        const auto next = (n * 0x9e3779b97f4a7c15 + found) % range;
        found += table.find(Serial{first + next}, nullptr).has_value() ? 1 : 0;
    }
    return found;
}

/// What `look_up` costs besides.
std::uint64_t only_make_serials(std::uint64_t first, std::uint64_t range, std::uint64_t count)
{
    std::uint64_t sum = 0;
    for (std::uint64_t n = 0; n < count; ++n)
        sum += Octets{Serial{first + (n * 0x9e3779b97f4a7c15 + sum) % range}}[15];
    return sum;
}

void measure(const char *what, const Table &table, std::uint64_t first, std::uint64_t count)
{
    const auto entries = table.entries();
    auto start = Clock::now();
    const volatile auto sum = only_make_serials(first, entries, count);
    const double besides = seconds_since(start) + 0 * static_cast<double>(sum);
    start = Clock::now();
    const auto found = look_up(table, first, entries, count);
    print(what, (seconds_since(start) - besides) / static_cast<double>(count) * 1e9, "ns");
    if (found != (first == 0 ? count : 0))
        throw std::runtime_error{"wrong answers"};
}

}  // namespace

int main(int argc, char **argv)
{
    try {
        const std::uint64_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
        const std::uint64_t lookups = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
        const auto index = index_of(entries);
        const auto table = index->record(0)->entries;
        if (lookups == 0)
            return 0;
        if (!index->whole())  // which maps its pages, too
            throw std::runtime_error{"the index is damaged"};
        measure("looking up who is revoked", table, 0, lookups);
        measure("looking up who is not", table, entries, lookups);
        return 0;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "lookup: %s\n", e.what());
        return 1;
    }
}

// SPDX-License-Identifier: Apache-2.0
// Tables of entries, for tests.
#pragma once

#include <clientcert/crl_table.hh>

#include <map>
#include <random>

namespace clientcert::test {

inline Time at(std::int64_t seconds)
{
    return Time{std::chrono::seconds{seconds}};
}

inline NameId issuer_number(std::uint8_t n)
{
    NameId id;
    id.fill(n);
    return id;
}

struct Entry {
    std::string serial;
    std::optional<NameId> issuer{};
    CrlReason reason = CrlReason::unspecified;
    Time date{};
};

inline void add(TableBuilder &builder, const Entry &entry)
{
    builder.add(octets_of(entry.serial), entry.issuer ? &*entry.issuer : nullptr, entry.reason,
                entry.date);
}

/// Octets at addresses as tables have them.
class AlignedOctets {
public:
    explicit AlignedOctets(std::size_t size)
        : words_((size + 7) / 8, ~std::uint64_t{0}), size_{size}
    {
    }
    std::span<std::uint8_t> octets()
    {
        return {reinterpret_cast<std::uint8_t *>(words_.data()), size_};
    }

private:
    std::vector<std::uint64_t> words_;
    std::size_t size_;
};

inline AlignedOctets written(TableBuilder builder)
{
    AlignedOctets memory{builder.size()};
    std::move(builder).write(memory.octets());
    return memory;
}

inline AlignedOctets table_of(const std::vector<Entry> &entries)
{
    TableBuilder builder;
    for (const auto &entry : entries)
        add(builder, entry);
    return written(std::move(builder));
}

inline std::optional<Revoked> found_in(const Table &table, const Entry &entry)
{
    return table.find(octets_of(entry.serial), entry.issuer ? &*entry.issuer : nullptr);
}

/// Random serial numbers, the same ones in each run.
class Serials {
public:
    std::string next(std::size_t size)
    {
        std::string serial(size, '\0');
        for (auto &c : serial)
            c = static_cast<char>(random_());
        return serial;
    }

    std::size_t number(std::size_t below) { return random_() % below; }

private:
    std::mt19937 random_;  // NOLINT(cert-msc51-cpp)
};

}  // namespace clientcert::test

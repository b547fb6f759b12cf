// SPDX-License-Identifier: Apache-2.0
#include "core/crl/index/table_layout.hh"
#include "crl_tables.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

namespace {

using namespace clientcert;
using namespace clientcert::test;
using namespace std::string_literals;

constexpr auto all_reasons_of_entries = std::to_array<CrlReason>(
    {CrlReason::unspecified, CrlReason::key_compromise, CrlReason::ca_compromise,
     CrlReason::affiliation_changed, CrlReason::superseded, CrlReason::cessation_of_operation,
     CrlReason::certificate_hold, CrlReason::remove_from_crl, CrlReason::privilege_withdrawn,
     CrlReason::aa_compromise});

/// What `find` gives, in one line.
std::string answer(const std::optional<Revoked> &found)
{
    if (!found)
        return "none";
    return std::to_string(static_cast<int>(found->reason)) + " at " +
           std::to_string(found->date.time_since_epoch().count());
}

Table whole(AlignedOctets &memory)
{
    const auto table = Table::in(memory.octets());
    CPPUNIT_ASSERT(table.has_value());
    return *table;
}

class CrlTableTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlTableTest);
    CPPUNIT_TEST(is_empty_when_nobody_said_otherwise);
    CPPUNIT_TEST(finds_every_entry_whatever_their_number);
    CPPUNIT_TEST(finds_serials_of_every_length);
    CPPUNIT_TEST(tells_serials_apart_that_look_alike);
    CPPUNIT_TEST(tells_issuers_apart);
    CPPUNIT_TEST(gives_reason_and_date);
    CPPUNIT_TEST(clamps_dates);
    CPPUNIT_TEST(prefers_the_severer_of_two_entries);
    CPPUNIT_TEST(finds_nothing_that_is_not_there);
    CPPUNIT_TEST(is_small);
    CPPUNIT_TEST(refuses_what_is_no_table);
    CPPUNIT_TEST(refuses_numbers_of_entries_that_overflow);
    CPPUNIT_TEST(survives_damage_of_any_octet);
    CPPUNIT_TEST(lets_nobody_pass_by_bounds_that_lie);
    CPPUNIT_TEST_SUITE_END();

    void is_empty_when_nobody_said_otherwise()
    {
        const Table none;
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, none.entries());
        CPPUNIT_ASSERT(!none.find(octets_of("1"), nullptr));
        auto memory = table_of({});
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, whole(memory).entries());
        CPPUNIT_ASSERT(!whole(memory).find(octets_of("1"), nullptr));
        CPPUNIT_ASSERT(!whole(memory).find({}, nullptr));
    }

    // Around 1024 the way of building changes.
    void finds_every_entry_whatever_their_number()
    {
        for (const auto count :
             std::to_array<std::size_t>({1, 2, 3, 7, 8, 1022, 1023, 1024, 1025, 1300, 50'000})) {
            Serials serials;
            std::vector<Entry> entries;
            while (entries.size() < count)
                entries.push_back({serials.next(16),
                                   {},
                                   CrlReason::superseded,
                                   at(static_cast<std::int64_t>(entries.size()))});
            auto memory = table_of(entries);
            const auto table = whole(memory);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{count}, table.entries());
            for (const auto &entry : entries)
                CPPUNIT_ASSERT_EQUAL(answer(Revoked{entry.reason, entry.date}),
                                     answer(found_in(table, entry)));
        }
    }

    void finds_serials_of_every_length()
    {
        Serials serials;
        std::vector<Entry> entries;
        for (std::size_t size = 0; size <= 300; ++size)
            entries.push_back({serials.next(size), {}, CrlReason::key_compromise, at(1)});
        auto memory = table_of(entries);
        for (const auto &entry : entries) {
            CPPUNIT_ASSERT(found_in(whole(memory), entry));
            for (std::size_t n = 0; n < entry.serial.size(); ++n) {
                Entry other = entry;
                other.serial[n] = static_cast<char>(other.serial[n] ^ 1);
                CPPUNIT_ASSERT(!found_in(whole(memory), other));
            }
        }
    }

    // Serial numbers are compared as they are encoded: leading zeros and signs count.
    void tells_serials_apart_that_look_alike()
    {
        const std::vector<std::string> alike{
            ""s,
            "\0"s,
            "\0\0"s,
            "\1"s,
            "\0\1"s,
            "\0\0\1"s,
            "\1\0"s,
            "\x80"s,
            "\0\x80"s,
            "\xff"s,
            "\xff\xff"s,
            "\0\xff"s,
            "12345678"s,
            "1234567"s,
            "12345678\0"s,
            std::string(16, '\0'),
            std::string(15, '\0'),
            std::string(17, '\0'),
            std::string(23, '\0'),
            std::string(24, '\0'),
            std::string(256, '\0'),
            std::string(512, '\0'),
        };
        for (const auto &listed : alike) {
            auto memory = table_of({{listed, {}}});
            for (const auto &asked : alike)
                CPPUNIT_ASSERT_EQUAL(listed == asked,
                                     found_in(whole(memory), {asked, {}}).has_value());
        }
    }

    void tells_issuers_apart()
    {
        const auto first = issuer_number(1);
        const auto second = issuer_number(2);
        const std::string name(first.begin(), first.end());
        auto memory = table_of({{"a", first, CrlReason::superseded},
                                {"a", second, CrlReason::key_compromise},
                                {"b", {}, CrlReason::ca_compromise},
                                {"c", second, CrlReason::privilege_withdrawn}});
        const auto table = whole(memory);
        CPPUNIT_ASSERT_EQUAL("4 at 0"s, answer(found_in(table, {"a", first})));
        CPPUNIT_ASSERT_EQUAL("1 at 0"s, answer(found_in(table, {"a", second})));
        CPPUNIT_ASSERT_EQUAL("none"s, answer(found_in(table, {"a", {}})));
        CPPUNIT_ASSERT_EQUAL("2 at 0"s, answer(found_in(table, {"b", {}})));
        CPPUNIT_ASSERT_EQUAL("none"s, answer(found_in(table, {"b", first})));
        CPPUNIT_ASSERT_EQUAL("none"s, answer(found_in(table, {"c", first})));
        // No issuer is none that has a name of zeros.
        auto zero = table_of({{"a", NameId{}}});
        CPPUNIT_ASSERT(found_in(whole(zero), {"a", NameId{}}));
        CPPUNIT_ASSERT(!found_in(whole(zero), {"a", {}}));
        // An issuer is no beginning of a serial number.
        CPPUNIT_ASSERT_EQUAL("none"s, answer(found_in(table, {name + "a", {}})));
    }

    void gives_reason_and_date()
    {
        std::vector<Entry> entries;
        for (const auto reason : all_reasons_of_entries)
            entries.push_back({std::string(1, static_cast<char>(reason)),
                               {},
                               reason,
                               at(1'700'000'000 + static_cast<int>(reason))});
        auto memory = table_of(entries);
        for (const auto &entry : entries)
            CPPUNIT_ASSERT_EQUAL(answer(Revoked{entry.reason, entry.date}),
                                 answer(found_in(whole(memory), entry)));
    }

    void clamps_dates()
    {
        const std::int64_t latest = 0xffffffff;
        auto memory = table_of({{"before", {}, CrlReason::unspecified, at(-1)},
                                {"last", {}, CrlReason::unspecified, at(latest)},
                                {"after", {}, CrlReason::unspecified, at(latest + 1)},
                                {"never", {}, CrlReason::unspecified, Time::max()},
                                {"ever", {}, CrlReason::unspecified, Time::min()}});
        const auto table = whole(memory);
        CPPUNIT_ASSERT_EQUAL("0 at 0"s, answer(found_in(table, {"before", {}})));
        CPPUNIT_ASSERT_EQUAL("0 at 0"s, answer(found_in(table, {"ever", {}})));
        for (const auto *serial : {"last", "after", "never"})
            CPPUNIT_ASSERT_EQUAL("0 at 4294967295"s, answer(found_in(table, {serial, {}})));
    }

    void prefers_the_severer_of_two_entries()
    {
        // The severest first.
        const std::vector<Revoked> ranked{
            {CrlReason::superseded, at(5)},       {CrlReason::unspecified, at(6)},
            {CrlReason::key_compromise, at(6)},   {CrlReason::key_compromise, at(7)},
            {CrlReason::certificate_hold, at(1)}, {CrlReason::certificate_hold, at(2)},
            {CrlReason::remove_from_crl, at(0)},  {CrlReason::remove_from_crl, at(1)},
        };
        for (std::size_t a = 0; a < ranked.size(); ++a) {
            for (std::size_t b = 0; b < ranked.size(); ++b) {
                auto memory = table_of({{"x", {}, ranked[a].reason, ranked[a].date},
                                        {"other", {}},
                                        {"x", {}, ranked[b].reason, ranked[b].date}});
                CPPUNIT_ASSERT_EQUAL(answer(ranked[std::min(a, b)]),
                                     answer(found_in(whole(memory), {"x", {}})));
            }
        }
    }

    void finds_nothing_that_is_not_there()
    {
        Serials serials;
        std::set<std::string> listed;
        TableBuilder builder;
        while (listed.size() < 100'000) {
            auto serial = serials.next(1 + serials.number(24));
            if (listed.insert(serial).second)
                add(builder, {serial, {}});
        }
        auto memory = written(std::move(builder));
        const auto table = whole(memory);
        for (int n = 0; n < 1'000'000; ++n) {
            const auto serial = serials.next(1 + serials.number(24));
            CPPUNIT_ASSERT_EQUAL(listed.contains(serial),
                                 found_in(table, {serial, {}}).has_value());
        }
    }

    void is_small()
    {
        CPPUNIT_ASSERT(TableBuilder{}.size() <= 256);
        TableBuilder builder;
        Serials serials;
        for (int n = 0; n < 100'000; ++n)
            add(builder, {serials.next(16), {}});
        CPPUNIT_ASSERT(builder.size() <= 1'402'000);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, builder.size() % 8);
    }

    void refuses_what_is_no_table()
    {
        auto memory = table_of({{"1", {}}, {"2", {}}});
        const auto octets = memory.octets();
        for (std::size_t size = 0; size < octets.size(); ++size)
            CPPUNIT_ASSERT(!Table::in(octets.first(size)));
        for (std::size_t n = 0; n < 16; ++n) {
            octets[n] ^= 0x80;
            CPPUNIT_ASSERT(!Table::in(octets));
            octets[n] ^= 0x80;
        }
        CPPUNIT_ASSERT(Table::in(octets));
        AlignedOctets longer{octets.size() + 8};
        std::ranges::copy(octets, longer.octets().begin());
        CPPUNIT_ASSERT(!Table::in(longer.octets()));
    }

    // 13 octets an entry can be made to come to any size, modulo 2^64.
    void refuses_numbers_of_entries_that_overflow()
    {
        constexpr std::uint64_t thirteenth = 0x4ec4ec4ec4ec4ec5;
        static_assert(13 * thirteenth == 1);
        auto memory = table_of({{"1", {}}, {"2", {}}});
        const auto octets = memory.octets();
        // Behind the header come a directory of the largest size, and the entries.
        const std::uint64_t entries_at =
            table::Layout::directory_at + 4 * ((std::uint64_t{1} << table::position_bits) + 1);
        for (std::uint64_t spare = 0; spare < 8; ++spare) {
            const std::uint64_t entries = (octets.size() - spare - entries_at) * thirteenth;
            store(octets.data() + table::Layout::entries_field, entries);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{octets.size()}, table::Layout{entries}.size());
            CPPUNIT_ASSERT(!Table::in(octets));
        }
    }

    // Under AddressSanitizer a step outside would be seen: the table ends with its memory.
    void survives_damage_of_any_octet()
    {
        Serials serials;
        std::vector<Entry> entries;
        for (int n = 0; n < 100; ++n)
            entries.push_back({serials.next(16), {}, CrlReason::superseded, at(n)});
        auto memory = table_of(entries);
        for (auto &octet : memory.octets()) {
            for (const auto damage : std::to_array<std::uint8_t>({0x01, 0x80, 0xff})) {
                octet ^= damage;
                if (const auto table = Table::in(memory.octets()))
                    for (const auto &entry : entries)
                        if (const auto found = found_in(*table, entry))
                            CPPUNIT_ASSERT(found->reason <= CrlReason::aa_compromise);
                octet ^= damage;
            }
        }
        CPPUNIT_ASSERT_EQUAL("4 at 99"s, answer(found_in(whole(memory), entries.back())));
    }

    void lets_nobody_pass_by_bounds_that_lie()
    {
        auto memory = table_of({{"1", {}, CrlReason::superseded}, {"2", {}}});
        const table::Layout layout{2};
        auto *const directory = memory.octets().data() + table::Layout::directory_at;
        const auto fill = [&](std::uint32_t begin, std::uint32_t step) {
            for (std::uint32_t n = 0; n <= layout.buckets; ++n)
                store(directory + 4 * std::size_t{n}, begin + step * n);
        };
        constexpr std::uint32_t down = 0xffffffff;  // -1
        const auto buckets = static_cast<std::uint32_t>(layout.buckets);
        const auto lies = std::to_array<std::pair<std::uint32_t, std::uint32_t>>(
            {{3, 0}, {0xffffffff, 0}, {buckets, down}});
        for (const auto &[begin, step] : lies) {
            fill(begin, step);
            for (const auto *serial : {"1", "2", "3"})
                CPPUNIT_ASSERT_EQUAL("0 at 0"s, answer(found_in(whole(memory), {serial, {}})));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlTableTest);

}  // namespace

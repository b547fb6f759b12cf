// SPDX-License-Identifier: Apache-2.0
#include "index_files.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>

namespace {

using namespace clientcert;
using namespace clientcert::test;
using namespace std::string_literals;

/// One that has something of everything.
NewRecord full_record()
{
    NewRecord record = test::record(issuer_number(7), "/etc/crls/one.crl",
                                    {{"\x01\x02", {}, CrlReason::key_compromise, at(11)},
                                     {"\x03", issuer_number(9), CrlReason::superseded, at(12)}});
    record.info = {.issuer = "0 DER of the name"s + '\0',
                   .issuer_id = issuer_number(7),
                   .this_update = at(1'700'000'000),
                   .next_update = at(1'800'000'000),
                   .number = "\x01\x00"s,
                   .base_number = ""s,
                   .authority_key_id = "key",
                   .scope = {.only_user_certs = true,
                             .indirect = true,
                             .reasons = 0x12,
                             .names = {"one", "", "two"},
                             .der = "DER of the scope"},
                   .entries = 2,
                   .size = 4711};
    record.signer = {.key = issuer_number(1),
                     .anchors = {issuer_number(2), issuer_number(3)},
                     .path = {{.issuer = issuer_number(4),
                               .issuer_key = issuer_number(5),
                               .serial = "\x00\xff"s,
                               .is_ca = true,
                               .crl_points = "points"},
                              {}}};
    return record;
}

CrlScope scope_of(bool user, bool ca, bool attribute, bool indirect)
{
    CrlScope scope;
    scope.only_user_certs = user;
    scope.only_ca_certs = ca;
    scope.only_attribute_certs = attribute;
    scope.indirect = indirect;
    return scope;
}

std::vector<std::string> sources_of(const std::vector<CrlRecord> &records)
{
    std::vector<std::string> sources;
    for (const auto &record : records)
        sources.push_back(record.source);
    return sources;
}

class CrlIndexTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlIndexTest);
    CPPUNIT_TEST(gives_back_what_was_written);
    CPPUNIT_TEST(gives_back_a_record_without_anything);
    CPPUNIT_TEST(gives_back_every_kind_of_scope);
    CPPUNIT_TEST(may_have_no_record);
    CPPUNIT_TEST(finds_the_records_of_an_issuer);
    CPPUNIT_TEST(finds_each_of_ten_thousand_issuers);
    CPPUNIT_TEST(finds_entries_of_a_large_table);
    CPPUNIT_TEST(copies_tables_of_another_index);
    CPPUNIT_TEST(leaves_out_a_record_without_a_table);
    CPPUNIT_TEST(remembers_for_the_writer);
    CPPUNIT_TEST(has_an_id_of_its_own);
    CPPUNIT_TEST(outlives_its_descriptor);
    CPPUNIT_TEST(says_when_the_disk_is_full);
    CPPUNIT_TEST(writes_only_into_an_empty_file);
    CPPUNIT_TEST_SUITE_END();

    void gives_back_what_was_written()
    {
        const File file;
        std::vector<NewRecord> records;
        records.push_back(full_record());
        write(file, std::move(records));
        const auto index = mapped(file);
        CPPUNIT_ASSERT(index->whole());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, index->size());

        const auto expected = full_record();
        const auto record = index->record(0);
        CPPUNIT_ASSERT(record);
        CPPUNIT_ASSERT(expected.info == record->info);
        CPPUNIT_ASSERT(expected.signer == record->signer);
        CPPUNIT_ASSERT_EQUAL(expected.source, record->source);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, record->entries.entries());
        const auto found = found_in(record->entries, {"\x01\x02", {}});
        CPPUNIT_ASSERT(found && found->reason == CrlReason::key_compromise &&
                       found->date == at(11));
        CPPUNIT_ASSERT(found_in(record->entries, {"\x03", issuer_number(9)}));
        CPPUNIT_ASSERT(!found_in(record->entries, {"\x03", {}}));
    }

    void gives_back_a_record_without_anything()
    {
        const File file;
        std::vector<NewRecord> records(1);
        write(file, std::move(records));
        const auto record = mapped(file)->record(0);
        CPPUNIT_ASSERT(record);
        CPPUNIT_ASSERT(CrlInfo{} == record->info);
        CPPUNIT_ASSERT(Signer{} == record->signer);
        CPPUNIT_ASSERT_EQUAL(""s, record->source);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, record->entries.entries());
    }

    void gives_back_every_kind_of_scope()
    {
        std::vector<CrlScope> scopes;
        for (unsigned bits = 0; bits < 16; ++bits)
            scopes.push_back(
                scope_of((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0));
        std::vector<NewRecord> records;
        for (const auto &scope : scopes) {
            records.push_back(test::record({}, "", {}));
            records.back().info.scope = scope;
        }
        const File file;
        write(file, std::move(records));
        const auto index = mapped(file);
        for (std::size_t n = 0; n < scopes.size(); ++n)
            CPPUNIT_ASSERT(scopes[n] == index->record(n)->info.scope);
    }

    void may_have_no_record()
    {
        const File file;
        write(file, {});
        const auto index = mapped(file);
        CPPUNIT_ASSERT(index->whole());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, index->size());
        CPPUNIT_ASSERT(!index->record(0));
        CPPUNIT_ASSERT(index->of_issuer({}).empty());
        CPPUNIT_ASSERT_EQUAL(""s, std::string{index->memory()});
    }

    void finds_the_records_of_an_issuer()
    {
        const File file;
        std::vector<NewRecord> records;
        records.push_back(test::record(issuer_number(3), "three", {{"1", {}}}));
        for (int n = 0; n < 100; ++n)
            records.push_back(test::record(issuer_number(5), "five " + std::to_string(n), {}));
        records.push_back(test::record(issuer_number(1), "one", {}));
        records.push_back(test::record(issuer_number(3), "another three", {}));
        write(file, std::move(records));
        const auto index = mapped(file);
        using Sources = std::vector<std::string>;
        CPPUNIT_ASSERT(Sources{"one"} == sources_of(index->of_issuer(issuer_number(1))));
        CPPUNIT_ASSERT(
            (Sources{"three", "another three"} == sources_of(index->of_issuer(issuer_number(3)))));
        const auto fives = index->of_issuer(issuer_number(5));
        CPPUNIT_ASSERT_EQUAL(std::size_t{100}, fives.size());
        for (std::size_t n = 0; n < fives.size(); ++n) {
            CPPUNIT_ASSERT_EQUAL("five " + std::to_string(n), fives[n].source);
            CPPUNIT_ASSERT(fives[n].info.issuer_id == issuer_number(5));
        }
        for (const std::uint8_t other : std::to_array<std::uint8_t>({0, 2, 4, 6, 255}))
            CPPUNIT_ASSERT(index->of_issuer(issuer_number(other)).empty());
    }

    void finds_each_of_ten_thousand_issuers()
    {
        constexpr std::size_t count = 10'000;
        const auto issuer_of = [](std::size_t n) {
            NameId id{};
            id[0] = static_cast<std::uint8_t>(n * 7);
            id[14] = static_cast<std::uint8_t>(n >> 8);
            id[15] = static_cast<std::uint8_t>(n);
            return id;
        };
        std::vector<NewRecord> records;
        for (std::size_t n = 0; n < count; ++n)
            records.push_back(
                test::record(issuer_of(n), std::to_string(n), {{std::to_string(n), {}}}));
        const File file;
        write(file, std::move(records));
        const auto index = mapped(file);
        CPPUNIT_ASSERT(index->whole());
        CPPUNIT_ASSERT_EQUAL(count, index->size());
        for (std::size_t n = 0; n < count; ++n) {
            const auto found = index->of_issuer(issuer_of(n));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
            const auto address = reinterpret_cast<std::uintptr_t>(table_octets(*index, n).data());
            CPPUNIT_ASSERT_EQUAL(std::uintptr_t{0}, address % 8);
            CPPUNIT_ASSERT_EQUAL(std::to_string(n), found[0].source);
            CPPUNIT_ASSERT(found_in(found[0].entries, {std::to_string(n), {}}));
            CPPUNIT_ASSERT(!found_in(found[0].entries, {std::to_string(n + 1), {}}));
        }
    }

    void finds_entries_of_a_large_table()
    {
        Serials serials;
        std::vector<Entry> entries;
        while (entries.size() < 20'000)
            entries.push_back({serials.next(1 + serials.number(22)) + "x", {}});
        std::vector<NewRecord> records;
        records.push_back(test::record(issuer_number(1), "small", {{"1", {}}}));
        records.push_back(test::record(issuer_number(1), "large", entries));
        const File file;
        write(file, std::move(records));
        const auto index = mapped(file);
        const auto small = index->record(0)->entries;
        const auto large = index->record(1)->entries;
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{20'000}, large.entries());
        for (const auto &entry : entries) {
            CPPUNIT_ASSERT(found_in(large, entry));
            CPPUNIT_ASSERT(!found_in(small, entry));
        }
    }

    void copies_tables_of_another_index()
    {
        const File first;
        std::vector<NewRecord> records;
        records.push_back(test::record(issuer_number(1), "kept", {{"1", {}}, {"2", {}}}));
        records.push_back(test::record(issuer_number(2), "replaced", {{"3", {}}}));
        write(first, std::move(records));
        const auto old = mapped(first);

        const File second;
        std::vector<NewRecord> next;
        next.push_back(test::record(issuer_number(2), "new", {{"4", {}}}));
        const auto kept = old->record(0);
        next.push_back({kept->info, kept->signer, kept->source, table_octets(*old, 0)});
        write(second, std::move(next));
        const auto index = mapped(second);
        CPPUNIT_ASSERT(index->whole());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, index->size());
        CPPUNIT_ASSERT_EQUAL("kept"s, index->record(0)->source);
        for (const auto *serial : {"1", "2"})
            CPPUNIT_ASSERT(found_in(index->record(0)->entries, {serial, {}}));
        CPPUNIT_ASSERT(!found_in(index->record(0)->entries, {"3", {}}));
        CPPUNIT_ASSERT(found_in(index->record(1)->entries, {"4", {}}));
        CPPUNIT_ASSERT(!found_in(index->record(1)->entries, {"3", {}}));
        CPPUNIT_ASSERT(table_octets(*old, 2).empty());
    }

    void leaves_out_a_record_without_a_table()
    {
        const File file;
        std::vector<NewRecord> records;
        records.push_back({{}, {}, "damaged", std::span<const std::uint8_t>{}});
        records.push_back(test::record({}, "good", {}));
        write(file, std::move(records));
        const auto index = mapped(file);
        CPPUNIT_ASSERT(!index->record(0));
        CPPUNIT_ASSERT(std::vector<std::string>{"good"} == sources_of(index->of_issuer({})));
    }

    void remembers_for_the_writer()
    {
        const auto memory = "what the keeper\0knows"s;
        const File file;
        std::vector<NewRecord> records;
        records.push_back(full_record());
        write(file, std::move(records), memory);
        CPPUNIT_ASSERT_EQUAL(memory, std::string{mapped(file)->memory()});
    }

    void has_an_id_of_its_own()
    {
        const File file;
        const auto id = write(file, {});
        const File other;
        const auto other_id = write(other, {});
        CPPUNIT_ASSERT(id.nonce != other_id.nonce);
        CPPUNIT_ASSERT_EQUAL(id.size, other_id.size);
        CPPUNIT_ASSERT(mapped(file)->id() == id);
        CPPUNIT_ASSERT(CrlIndex::map(file.fd(), &id));
        const auto wrong = CrlIndex::map(file.fd(), &other_id);
        CPPUNIT_ASSERT_EQUAL("the index of revocation lists cannot be used: it is another index "
                             "than the one that was published"s,
                             wrong.error());
    }

    void outlives_its_descriptor()
    {
        std::optional<File> file{std::in_place};
        std::vector<NewRecord> records;
        records.push_back(full_record());
        write(*file, std::move(records));
        const auto index = mapped(*file);
        file.reset();
        CPPUNIT_ASSERT(index->whole());
        CPPUNIT_ASSERT_EQUAL(full_record().source, index->record(0)->source);
    }

    // A limit stands in for the disk: that it is full needs root to bring about.
    void says_when_the_disk_is_full()
    {
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit limit = before;
        limit.rlim_cur = 4096;
        setrlimit(RLIMIT_FSIZE, &limit);
        const File file;
        const auto result = write_index(file.fd(), {}, std::string(4096, 'x'));
        const bool fits = static_cast<bool>(write_index(File{}.fd(), {}, "x"));
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
        CPPUNIT_ASSERT_EQUAL("cannot write the index of revocation lists: reserving 4192 octets: "
                             "File too large"s,
                             result.error());
        CPPUNIT_ASSERT(fits);
    }

    void writes_only_into_an_empty_file()
    {
        const File file;
        write(file, {});
        const auto result = write_index(file.fd(), {}, {});
        CPPUNIT_ASSERT_EQUAL("cannot write the index of revocation lists: the file is not empty"s,
                             result.error());
        CPPUNIT_ASSERT(mapped(file)->whole());
        CPPUNIT_ASSERT(!write_index(-1, {}, {}));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlIndexTest);

}  // namespace

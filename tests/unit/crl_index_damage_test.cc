// SPDX-License-Identifier: Apache-2.0
// What a damaged index file does: nothing worse than to have fewer records, and to revoke more.
#include "index_files.hh"

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>

#include <cstring>

namespace {

using namespace clientcert;
using namespace clientcert::test;
using namespace std::string_literals;

// Where things are in the file (core/crl/index_layout.hh).
constexpr std::size_t byte_order_at = 12;
constexpr std::size_t size_at = 32;
constexpr std::size_t records_at = 40;
constexpr std::size_t memory_at = 48;
constexpr std::size_t rows_at = 64;
constexpr std::size_t row_size = 48;
constexpr auto sizes_that_lie = std::to_array<std::uint64_t>(
    {0, 1, 7, 0x1000, 0x7fffffff, 0xffffffff, std::uint64_t{1} << 60, std::uint64_t{1} << 63,
     ~std::uint64_t{0} - 63, ~std::uint64_t{0}});

/// Does all that can be done with an index; the number of records that are left.
std::size_t walk(const CrlIndex &index)
{
    std::size_t records = 0;
    for (std::size_t n = 0; n <= index.size(); ++n) {
        table_octets(index, n);
        if (const auto record = index.record(n)) {
            ++records;
            for (int serial = 0; serial < 30; ++serial)
                found_in(record->entries, {std::to_string(serial), {}});
        }
    }
    for (const int issuer : {0, 1, 2, 3, 255})
        CPPUNIT_ASSERT(index.of_issuer(issuer_number(static_cast<std::uint8_t>(issuer))).size() <=
                       index.size());
    CPPUNIT_ASSERT(index.memory().size() <= index.id().size);
    return records;
}

class CrlIndexDamageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlIndexDamageTest);
    CPPUNIT_TEST(notices_every_changed_octet);
    CPPUNIT_TEST(survives_changed_octets_at_the_end_of_a_page);
    CPPUNIT_TEST(survives_numbers_that_lie);
    CPPUNIT_TEST(leaves_out_what_it_does_not_understand);
    CPPUNIT_TEST(refuses_a_file_of_another_size);
    CPPUNIT_TEST(refuses_a_file_without_room_for_its_digest);
    CPPUNIT_TEST(refuses_other_machines_and_layouts);
    CPPUNIT_TEST(refuses_what_is_no_file);
    CPPUNIT_TEST_SUITE_END();

    std::unique_ptr<File> file_;
    std::string content_;

public:
    void setUp() override { write_with(std::string(40, 'm')); }
    void tearDown() override { file_.reset(); }

private:
    void write_with(const std::string &memory)
    {
        std::vector<NewRecord> records;
        for (std::uint8_t n = 1; n <= 3; ++n) {
            std::vector<Entry> entries;
            for (int serial = 0; serial < 10 * n; ++serial)
                entries.push_back({std::to_string(serial), {}, CrlReason::superseded, at(serial)});
            records.push_back(record(issuer_number(n), "source", entries));
            records.back().info.number = "\x01";
            records.back().info.scope.names = {"a name"};
            records.back().signer.path.resize(1);
        }
        file_ = std::make_unique<File>();
        content_.resize(test::write(*file_, std::move(records), memory).size);
        CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(content_.size()),
                             pread(file_->fd(), content_.data(), content_.size(), 0));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, walk(*mapped(*file_)));
    }

    void damage(std::size_t offset, std::uint8_t mask)
    {
        const auto octet =
            static_cast<std::uint8_t>(static_cast<std::uint8_t>(content_[offset]) ^ mask);
        file_->write(offset, {&octet, 1});
    }

    void repair() { file_->write(0, octets_of(content_)); }

    void notices_every_changed_octet()
    {
        for (std::size_t offset = 0; offset < content_.size(); ++offset) {
            for (const auto mask : std::to_array<std::uint8_t>({0x01, 0x80, 0xff})) {
                damage(offset, mask);
                if (const auto index = CrlIndex::map(file_->fd())) {
                    CPPUNIT_ASSERT(!(*index)->whole());
                    CPPUNIT_ASSERT(walk(**index) <= 3);
                }
                damage(offset, 0);
            }
        }
        CPPUNIT_ASSERT(mapped(*file_)->whole());
    }

    // Behind the last page there is nothing: a step outside is a SIGSEGV or SIGBUS.
    void survives_changed_octets_at_the_end_of_a_page()
    {
        write_with(std::string(4096 - content_.size() % 4096 + 40, 'm'));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, content_.size() % 4096);
        for (std::size_t offset = rows_at; offset < rows_at + 3 * row_size; ++offset) {
            damage(offset, 0x10);
            walk(*mapped(*file_));
            damage(offset, 0);
        }
    }

    void survives_numbers_that_lie()
    {
        std::vector<std::size_t> fields{records_at, memory_at, memory_at + 8};
        for (std::size_t n = 0; n < 3; ++n)
            for (const auto field : std::to_array<std::size_t>({16, 24, 32, 40}))
                fields.push_back(rows_at + n * row_size + field);
        for (const auto offset : fields) {
            for (const auto lie : sizes_that_lie) {
                std::array<std::uint8_t, sizeof lie> octets;
                std::memcpy(octets.data(), &lie, sizeof lie);
                file_->write(offset, octets);
                if (const auto index = CrlIndex::map(file_->fd())) {
                    CPPUNIT_ASSERT(!(*index)->whole());
                    walk(**index);
                }
                repair();
            }
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, walk(*mapped(*file_)));
    }

    void leaves_out_what_it_does_not_understand()
    {
        const std::size_t description = rows_at + 3 * row_size;
        const std::size_t its_size = rows_at + 24;
        const auto size = static_cast<std::uint8_t>(content_[its_size]);
        for (const int other : {size - 1, size + 1}) {
            damage(its_size, static_cast<std::uint8_t>(size ^ other));
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, walk(*mapped(*file_)));
            repair();
        }
        for (std::size_t bit = 6; bit < 64; ++bit) {  // flags without a meaning
            damage(description + bit / 8, static_cast<std::uint8_t>(1 << bit % 8));
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, walk(*mapped(*file_)));
            repair();
        }
    }

    void refuses_a_file_of_another_size()
    {
        for (std::size_t size = 0; size < content_.size(); ++size) {
            file_->resize(size);
            CPPUNIT_ASSERT(!CrlIndex::map(file_->fd()));
            file_->resize(content_.size());
            repair();
        }
        file_->resize(content_.size() + 1);
        CPPUNIT_ASSERT(!CrlIndex::map(file_->fd()));
    }

    void refuses_a_file_without_room_for_its_digest()
    {
        for (std::uint64_t size = rows_at; size < rows_at + sizeof(Sha256); ++size) {
            file_->resize(size);
            std::array<std::uint8_t, sizeof size> octets;
            std::memcpy(octets.data(), &size, sizeof size);
            file_->write(size_at, octets);
            CPPUNIT_ASSERT(!CrlIndex::map(file_->fd()));
        }
    }

    void refuses_other_machines_and_layouts()
    {
        const auto order = content_.substr(byte_order_at, 4);
        file_->write(byte_order_at, octets_of(std::string{order.rbegin(), order.rend()}));
        CPPUNIT_ASSERT_EQUAL("the index of revocation lists cannot be used: it was written on a "
                             "machine with another byte order"s,
                             CrlIndex::map(file_->fd()).error());
        repair();
        damage(8, 2);
        CPPUNIT_ASSERT_EQUAL("the index of revocation lists cannot be used: its layout has version "
                             "3, not 1"s,
                             CrlIndex::map(file_->fd()).error());
    }

    void refuses_what_is_no_file()
    {
        const auto error = [](int fd) { return CrlIndex::map(fd).error(); };
        const File empty;
        CPPUNIT_ASSERT_EQUAL(
            "the index of revocation lists cannot be used: it is no index of revocation lists"s,
            error(empty.fd()));
        const int directory = open(".", O_RDONLY | O_DIRECTORY);
        CPPUNIT_ASSERT_EQUAL(
            "the index of revocation lists cannot be used: it is no index of revocation lists"s,
            error(directory));
        close(directory);
        CPPUNIT_ASSERT_EQUAL(
            "cannot map the index of revocation lists: fstat: Bad file descriptor"s, error(-1));
        damage(0, 1);
        CPPUNIT_ASSERT_EQUAL(
            "the index of revocation lists cannot be used: it is no index of revocation lists"s,
            error(file_->fd()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlIndexDamageTest);

}  // namespace

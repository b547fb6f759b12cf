// SPDX-License-Identifier: Apache-2.0
// <clientcert/counters.hh>: many who count and write at once, in memory that outlives them.
#include <clientcert/counters.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace clientcert;

Time at(int seconds)
{
    return Time{std::chrono::seconds{seconds}};
}

/// Memory that children share with their parent.
template <typename T>
class Shared {
public:
    Shared() : object_{new (mapped()) T} {}
    ~Shared() { ::munmap(object_, sizeof(T)); }
    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;

    T &operator*() { return *object_; }

private:
    static void *mapped()
    {
        void *memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        CPPUNIT_ASSERT(memory != MAP_FAILED);
        return memory;
    }

    T *object_;
};

/// Room for a table, all zero.
class Room {
public:
    explicit Room(std::size_t names)
        : octets_(NamedCountersTable::size_for(names) + cache_line), names_{names}
    {
    }

    NamedCountersTable &table() { return NamedCountersTable::make_in(octets_.data(), names_); }

private:
    std::vector<char> octets_;
    std::size_t names_;
};

class CountersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CountersTest);
    CPPUNIT_TEST(threads_lose_nothing);
    CPPUNIT_TEST(those_who_count_at_once_have_places_apart);
    CPPUNIT_TEST(reasons_have_numbers_of_their_own);
    CPPUNIT_TEST(a_verdict_is_counted_by_reason);
    CPPUNIT_TEST(a_text_is_read_as_it_was_written);
    CPPUNIT_TEST(a_long_text_is_cut_between_characters);
    CPPUNIT_TEST(nobody_reads_half_a_text);
    CPPUNIT_TEST(a_writer_that_is_killed_leaves_nothing_half_done);
    CPPUNIT_TEST(a_name_keeps_its_numbers);
    CPPUNIT_TEST(long_names_are_told_apart);
    CPPUNIT_TEST(names_are_kept_on_lines_of_their_own);
    CPPUNIT_TEST(a_full_table_takes_no_more);
    CPPUNIT_TEST(what_was_configured_long_ago_makes_room);
    CPPUNIT_TEST_SUITE_END();

    void threads_lose_nothing()
    {
        Counter counter;
        SpreadCounter spread;
        std::vector<std::thread> threads;
        for (std::size_t n = 0; n < 8; ++n)
            threads.emplace_back([&, n] {
                for (int i = 0; i < 10000; ++i) {
                    counter.add();
                    spread.add(n * 1000003);
                }
            });
        for (auto &thread : threads)
            thread.join();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{80000}, counter.value());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{80000}, spread.value());
    }

    void those_who_count_at_once_have_places_apart()
    {
        CPPUNIT_ASSERT(sizeof(SpreadCounter) >= 16 * cache_line);
        CPPUNIT_ASSERT_EQUAL(cache_line, alignof(NamedCounters));
        const auto counters = std::make_unique<Counters>();
        const auto place = [&](const void *member) {
            return reinterpret_cast<std::uintptr_t>(member) / cache_line;
        };
        const std::set<std::uintptr_t> groups{
            place(&counters->handshakes), place(&counters->requests), place(&counters->verdicts),
            place(&counters->verdicts_kept), place(&counters->crls)};
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, groups.size());
    }

    void reasons_have_numbers_of_their_own()
    {
        const auto counters = std::make_unique<Counters>();
        add(counters->requests.denied, Reason::none);
        add(counters->requests.denied, Reason::error);
        add(counters->requests.denied, Reason::error);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, counters->requests.denied.front().value());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, counters->requests.denied.back().value());
    }

    void a_verdict_is_counted_by_reason()
    {
        Counters::Verdicts verdicts;
        verdicts.add({Verdict::State::none, Reason::none});
        verdicts.add({Verdict::State::success, Reason::none});
        verdicts.add({Verdict::State::failed, Reason::revoked});
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, verdicts.none.value());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, verdicts.judged.front().value());
        const auto revoked = static_cast<std::size_t>(Reason::revoked);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, verdicts.judged[revoked].value());
    }

    void a_text_is_read_as_it_was_written()
    {
        SharedText text;
        CPPUNIT_ASSERT(text.read().text.empty());
        text.write("first", at(1));
        text.write({"second\0\xff", 8}, at(2));
        CPPUNIT_ASSERT((std::string{"second\0\xff", 8}) == text.read().text);
        CPPUNIT_ASSERT(at(2) == text.read().time);
        text.write("", at(3));
        CPPUNIT_ASSERT(text.read().text.empty());
        CPPUNIT_ASSERT(at(3) == text.read().time);
    }

    void a_long_text_is_cut_between_characters()
    {
        SharedText text;
        std::string umlauts;
        for (int i = 0; i < 200; ++i)
            umlauts += "\xc3\xa4";
        text.write('x' + umlauts, at(1));
        const std::string kept = text.read().text;
        CPPUNIT_ASSERT(kept.size() > 200 && kept.size() < umlauts.size());
        CPPUNIT_ASSERT_EQUAL('x' + umlauts.substr(0, kept.size() - 1), kept);
        CPPUNIT_ASSERT_EQUAL('\xa4', kept.back());
    }

    /// Each text has one letter alone, and as many as its time says.
    void nobody_reads_half_a_text()
    {
        SharedText text;
        std::atomic<bool> done{false};
        std::vector<std::thread> writers;
        for (char letter = 'a'; letter < 'e'; ++letter)
            writers.emplace_back([&, letter] {
                for (int i = 0; i < 20000; ++i) {
                    const auto size = 1 + (i + letter) % 200;
                    text.write(std::string(static_cast<std::size_t>(size), letter), at(size));
                }
            });
        unsigned mingled = 0;
        std::thread reader{[&] {
            while (!done) {
                const auto content = text.read();
                const auto size = static_cast<std::size_t>(content.time.time_since_epoch().count());
                if (content.text.size() != size ||
                    content.text.find_first_not_of(content.text.substr(0, 1)) != std::string::npos)
                    ++mingled;
            }
        }};
        for (auto &writer : writers)
            writer.join();
        done = true;
        reader.join();
        CPPUNIT_ASSERT_EQUAL(0U, mingled);
        CPPUNIT_ASSERT(!text.read().text.empty());
    }

    void a_writer_that_is_killed_leaves_nothing_half_done()
    {
        Shared<SharedText> text;
        (*text).write("whole", at(5));
        for (int round = 0; round < 50; ++round) {
            const pid_t child = ::fork();
            if (child == 0)
                for (;;)
                    (*text).write(std::string(200, 'x'), at(200));
            ::usleep(300);
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            const auto content = (*text).read();
            CPPUNIT_ASSERT(content.text == "whole" || content.text == std::string(200, 'x'));
            (*text).write("whole", at(5));
            CPPUNIT_ASSERT_EQUAL(std::string{"whole"}, (*text).read().text);
        }
    }

    void a_name_keeps_its_numbers()
    {
        Room room{4};
        auto &table = room.table();
        table.begin_configuration();
        auto *staff = table.find("map staff");
        staff->hits.add();
        CPPUNIT_ASSERT(table.find("map others") != staff);
        for (int restart = 0; restart < 10; ++restart) {
            table.begin_configuration();
            CPPUNIT_ASSERT_EQUAL(staff, table.find("map staff"));
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, staff->hits.value());
    }

    void long_names_are_told_apart()
    {
        Room room{4};
        auto &table = room.table();
        table.begin_configuration();
        const std::string name(5000, 'x');
        CPPUNIT_ASSERT(table.find(name + 'a') != table.find(name + 'b'));
        CPPUNIT_ASSERT(table.find(std::string{"a\0b", 3}) != table.find("a"));
    }

    void names_are_kept_on_lines_of_their_own()
    {
        Room room{4};
        auto &table = room.table();
        table.begin_configuration();
        for (const char *name : {"a", "b", "c"})
            CPPUNIT_ASSERT_EQUAL(std::uintptr_t{0},
                                 reinterpret_cast<std::uintptr_t>(table.find(name)) % cache_line);
    }

    void a_full_table_takes_no_more()
    {
        Room room{2};
        auto &table = room.table();
        table.begin_configuration();
        CPPUNIT_ASSERT(table.find("a") != nullptr);
        CPPUNIT_ASSERT(table.find("b") != nullptr);
        CPPUNIT_ASSERT(table.find("c") == nullptr);
        // Children of the last configuration may still count for a and b.
        table.begin_configuration();
        CPPUNIT_ASSERT(table.find("c") == nullptr);
        CPPUNIT_ASSERT(table.find("b") != nullptr);
    }

    void what_was_configured_long_ago_makes_room()
    {
        Room room{2};
        auto &table = room.table();
        table.begin_configuration();
        auto *first = table.find("a");
        first->hits.add();
        first->last_error.write("down", at(1));
        table.find("b");
        table.begin_configuration();
        table.find("b")->hits.add();
        table.begin_configuration();
        auto *later = table.find("c");
        CPPUNIT_ASSERT_EQUAL(first, later);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, later->hits.value());
        CPPUNIT_ASSERT(later->last_error.read().text.empty());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, table.find("b")->hits.value());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CountersTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "crl_keepers.hh"

#include <malloc.h>

#include <array>

/// There where the program is linked with AddressSanitizer, which keeps for long what was freed.
extern "C" [[gnu::weak]] void __asan_init();  // NOLINT(bugprone-reserved-identifier)

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// A hundred reloads of a CRL leave nothing behind.
class CrlKeeperReloadsTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(CrlKeeperReloadsTest);
    CPPUNIT_TEST(need_no_more_memory);
    CPPUNIT_TEST(leave_no_files_open);
    CPPUNIT_TEST_SUITE_END();

public:
    /// In memory, where there is such a place: each reload waits for the disk twice.
    void setUp() override
    {
        const auto *const in_memory = "/dev/shm";
        make_root_in(::access(in_memory, W_OK | X_OK) == 0 ? fs::path{in_memory}
                                                           : fs::temp_directory_path());
    }

private:
    static constexpr long entries = 5'000;
    static constexpr std::size_t reloads = 102;

    struct Memory {
        std::size_t in_use;    ///< allocated and not freed
        std::size_t resident;  ///< pages of this process
    };

    static Memory memory()
    {
        std::ifstream file{"/proc/self/statm"};
        std::size_t total = 0;
        std::size_t resident = 0;
        file >> total >> resident;
        const auto allocated = ::mallinfo2();
        return {allocated.uordblks + allocated.hblkhd,
                resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))};
    }

    /// Two versions, in turn.
    std::array<std::string, 2> versions() const
    {
        std::array<std::string, 2> made;
        CrlMaker maker;
        for (long serial = 1; serial <= entries; ++serial)
            maker.revoke(serial);
        maker.number(1);
        made[0] = maker.der_by(ca_);
        made[1] = maker.revoke(entries + 1).der_by(ca_);
        return made;
    }

    static void assert_within_a_percent(const char *what, std::size_t before, std::size_t after)
    {
        const auto figures = what + (' ' + std::to_string(before)) + ' ' + std::to_string(after);
        CPPUNIT_ASSERT_MESSAGE(figures, after * 100 <= before * 101);
    }

    void need_no_more_memory()
    {
        const auto made = versions();
        start();
        host_.ids.reserve(reloads);
        Memory after_second{};
        for (std::size_t i = 1; i <= reloads; ++i) {
            put("ca.crl", made[i % 2]);
            step();
            host_.news.clear();
            if (i == 2)
                after_second = memory();
        }
        CPPUNIT_ASSERT_EQUAL(reloads, host_.ids.size());
        const auto after_all = memory();
        assert_within_a_percent("in use:", after_second.in_use, after_all.in_use);
        if (__asan_init == nullptr)
            assert_within_a_percent("resident:", after_second.resident, after_all.resident);
    }

    static auto open_files() { return std::distance(fs::directory_iterator{"/proc/self/fd"}, {}); }

    void leave_no_files_open()
    {
        put("ca.crl", crl(1, 5));
        start();
        step(2);
        const auto before = open_files();
        for (long number = 2; number < 10; ++number) {
            put("ca.crl", crl(number, 5));
            step();
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{9}, host_.ids.size());
        CPPUNIT_ASSERT_EQUAL(before, open_files());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlKeeperReloadsTest);

}  // namespace

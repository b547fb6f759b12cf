// SPDX-License-Identifier: Apache-2.0
#include <clientcert/octet_file.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace {

using namespace clientcert;

std::string all_of(OctetFile &file)
{
    std::string all;
    std::array<std::uint8_t, 4> place;
    for (;;) {
        const auto size = file.read(place);
        CPPUNIT_ASSERT(size);
        if (*size == 0)
            return all;
        all.append(place.begin(), place.begin() + static_cast<std::ptrdiff_t>(*size));
    }
}

class OctetFileTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OctetFileTest);
    CPPUNIT_TEST(reads_a_file_to_its_end);
    CPPUNIT_TEST(says_what_is_wrong_with_a_path);
    CPPUNIT_TEST(closes_what_it_has_and_nothing_else);
    CPPUNIT_TEST_SUITE_END();

    std::string path_ = "/tmp/octet-file-XXXXXX";

public:
    void setUp() override
    {
        const int fd = mkstemp(path_.data());
        CPPUNIT_ASSERT_EQUAL(ssize_t{10}, write(fd, "0123456789", 10));
        close(fd);
    }

    void tearDown() override { unlink(path_.c_str()); }

private:
    void reads_a_file_to_its_end()
    {
        auto file = *OctetFile::open(path_);
        CPPUNIT_ASSERT_EQUAL(std::string{"0123456789"}, all_of(file));
    }

    void says_what_is_wrong_with_a_path()
    {
        CPPUNIT_ASSERT_EQUAL(std::string{"\"/none\" cannot be opened: No such file or directory"},
                             OctetFile::open("/none").error());
        CPPUNIT_ASSERT_EQUAL(std::string{"\"/tmp\" is a directory: one of its files is expected"},
                             OctetFile::open("/tmp").error());
        OctetFile written{::open(path_.c_str(), O_WRONLY)};
        std::array<std::uint8_t, 4> place;
        CPPUNIT_ASSERT_EQUAL(std::string{"cannot be read: Bad file descriptor"},
                             written.read(place).error());
    }

    void closes_what_it_has_and_nothing_else()
    {
        const int fd = ::open(path_.c_str(), O_RDONLY);
        {
            OctetFile first{fd};
            OctetFile second{std::move(first)};
            CPPUNIT_ASSERT_EQUAL(std::string{"0123456789"}, all_of(second));
        }
        CPPUNIT_ASSERT_EQUAL(-1, fcntl(fd, F_GETFD));
        CPPUNIT_ASSERT_EQUAL(EBADF, errno);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OctetFileTest);

}  // namespace

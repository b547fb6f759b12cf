// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/seen.hh"
#include "crl_keepers.hh"

#include <sys/wait.h>

namespace {

using namespace clientcert;
using namespace clientcert::test;

/// What every process does with the state directory.
class StateDirectoryTest : public KeeperFixture {
    CPPUNIT_TEST_SUITE(StateDirectoryTest);
    CPPUNIT_TEST(is_made_for_its_owner_alone);
    CPPUNIT_TEST(must_be_a_directory_of_its_owner_alone);
    CPPUNIT_TEST(maps_an_index_of_its_owner_alone);
    CPPUNIT_TEST(maps_the_index_that_is_asked_for);
    CPPUNIT_TEST(notes_each_thing_once);
    CPPUNIT_TEST(notes_no_more_than_so_many);
    CPPUNIT_TEST(believes_whole_notes_only);
    CPPUNIT_TEST(does_not_follow_links_of_others);
    CPPUNIT_TEST_SUITE_END();

    int open() const
    {
        const auto opened = open_state_directory(state(), ::geteuid(), ::getegid());
        CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error(), opened);
        return *opened;
    }

    std::string refusal(unsigned uid = ::geteuid()) const
    {
        const auto opened = open_state_directory(state(), uid, ::getegid());
        if (opened)
            ::close(*opened);
        return opened ? std::string{} : opened.error();
    }

    static mode_t mode(const fs::path &path)
    {
        struct stat status {};
        ::stat(path.c_str(), &status);
        return status.st_mode & 07777;
    }

    static std::size_t files_in(const fs::path &path)
    {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
    }

    void is_made_for_its_owner_alone()
    {
        const auto umask = ::umask(0);
        ::close(open());
        ::umask(umask);
        for (const auto *name : {"", "/seen", "/downloads", "/forget"})
            CPPUNIT_ASSERT_EQUAL(mode_t{0700}, mode(state() + name));
        ::close(open());
    }

    void must_be_a_directory_of_its_owner_alone()
    {
        ::close(open());
        CPPUNIT_ASSERT_EQUAL(std::string{}, refusal());
        CPPUNIT_ASSERT(refusal(::geteuid() + 1).find("belong to user") != std::string::npos);
        for (const mode_t bit : {0070, 0010, 0001}) {
            ::chmod(state().c_str(), 0700 | bit);
            CPPUNIT_ASSERT(refusal().find("must have 700") != std::string::npos);
        }
        ::chmod(state().c_str(), 0700);
        fs::rename(state(), root_ / "elsewhere");
        fs::create_symlink(root_ / "elsewhere", state());
        CPPUNIT_ASSERT(refusal().find("no symbolic link") != std::string::npos);
        fs::remove(state());
        write(state(), "");
        CPPUNIT_ASSERT(refusal().find("must be a directory") != std::string::npos);
        fs::remove(state());
        fs::remove_all(root_ / "elsewhere");
        CPPUNIT_ASSERT(!open_state_directory(state() + "/x/y", ::geteuid(), ::getegid()));
    }

    void maps_an_index_of_its_owner_alone()
    {
        start();
        step();
        keeper_.reset();
        const int directory = open();
        const auto maps = [&] { return static_cast<bool>(map_index(directory, nullptr)); };
        CPPUNIT_ASSERT(maps());
        ::chmod((state() + "/index").c_str(), 0620);
        CPPUNIT_ASSERT(!maps());
        ::chmod((state() + "/index").c_str(), 0640);
        CPPUNIT_ASSERT(maps());
        if (::geteuid() == 0) {
            CPPUNIT_ASSERT_EQUAL(0, ::chown((state() + "/index").c_str(), 12345, 0));
            CPPUNIT_ASSERT(!maps());
            CPPUNIT_ASSERT_EQUAL(0, ::chown((state() + "/index").c_str(), 0, 0));
        }
        fs::rename(state() + "/index", state() + "/other");
        CPPUNIT_ASSERT(!maps());
        fs::create_symlink("other", state() + "/index");
        CPPUNIT_ASSERT(!maps());
        fs::remove(state() + "/index");
        ::mkfifo((state() + "/index").c_str(), 0600);
        CPPUNIT_ASSERT(!maps());
        ::close(directory);
    }

    void maps_the_index_that_is_asked_for()
    {
        start();
        step();
        const int directory = open();
        auto id = host_.ids.back();
        CPPUNIT_ASSERT(map_index(directory, &id));
        id.nonce[3] ^= 1;
        CPPUNIT_ASSERT(!map_index(directory, &id));
        ::close(directory);
    }

    void notes_each_thing_once()
    {
        const int directory = open();
        SeenReader reader;
        for (int i = 0; i < 3; ++i) {
            note_issuer(directory, ca_.certificate);
            note_distribution_point(directory, "http://ca/crl");
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, files_in(state() + "/seen"));
        const auto seen = reader.read(directory);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seen.issuers.size());
        CPPUNIT_ASSERT(seen.issuers[0].der() == ca_.certificate.der());
        CPPUNIT_ASSERT(seen.urls == std::vector<std::string>{"http://ca/crl"});
        note_distribution_point(directory, "http://ca/other");
        const auto more = reader.read(directory);
        CPPUNIT_ASSERT(more.issuers.empty());
        CPPUNIT_ASSERT(more.urls == std::vector<std::string>{"http://ca/other"});
        ::close(directory);
    }

    void notes_no_more_than_so_many()
    {
        const int directory = open();
        for (int i = 0; i < 1005; ++i)
            note_distribution_point(directory, "http://ca/" + std::to_string(i));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, files_in(state() + "/seen"));
        note_issuer(directory, ca_.certificate);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1001}, files_in(state() + "/seen"));
        note_distribution_point(directory, "http://ca/" + std::string(3000, 'x'));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1001}, files_in(state() + "/seen"));
        ::close(directory);
    }

    void believes_whole_notes_only()
    {
        const int directory = open();
        note_issuer(directory, ca_.certificate);
        note_distribution_point(directory, "http://ca/crl");
        for (const auto &entry : fs::directory_iterator{state() + "/seen"})
            fs::resize_file(entry.path(), fs::file_size(entry.path()) - 1);
        write(state() + "/seen/what.der", ca_.certificate.der());
        write(state() + "/seen/what.url", "http://ca/crl");
        const auto seen = SeenReader{}.read(directory);
        CPPUNIT_ASSERT(seen.issuers.empty());
        CPPUNIT_ASSERT(seen.urls.empty());
        ::close(directory);
    }

    void does_not_follow_links_of_others()
    {
        const int directory = open();
        write(root_ / "victim", "untouched");
        fs::create_symlink(root_ / "victim", state() + "/seen/." + std::to_string(::gettid()));
        note_distribution_point(directory, "http://ca/crl");
        CPPUNIT_ASSERT_EQUAL(std::uintmax_t{9}, fs::file_size(root_ / "victim"));
        ::close(directory);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(StateDirectoryTest);

}  // namespace

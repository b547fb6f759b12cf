// SPDX-License-Identifier: Apache-2.0
// Files of keys and users: what a line may be, and what becomes of a file that changes.
#include "core/map/lookup_table.hh"
#include "data.hh"

#include <clientcert/lookup_file.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using State = MapLookup::Answer::State;

class Directory {
public:
    Directory()
    {
        if (mkdtemp(name_.data()) == nullptr)
            throw std::runtime_error{"mkdtemp"};
    }
    ~Directory() { std::filesystem::remove_all(name_); }
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;

    std::string path(const char *file) const { return name_ + '/' + file; }

private:
    std::string name_ = "/tmp/lookup-file.XXXXXX";
};

void write(const std::string &path, std::string_view contents)
{
    std::ofstream{path, std::ios::binary} << contents;
}

/// As an administrator should: aside, and renamed.
void replace(const std::string &path, std::string_view contents)
{
    write(path + ".new", contents);
    std::filesystem::rename(path + ".new", path);
}

std::string user(const LookupFile &file, const std::string &key)
{
    const auto answer = file.find(key, nullptr);
    return answer.state == State::found    ? answer.text
           : answer.state == State::absent ? "(absent)"
                                           : "(failed) " + answer.text;
}

std::string fault(std::string_view contents)
{
    const auto table = LookupTable::parse(contents);
    return table ? "" : table.error();
}

std::string found(std::string_view contents, std::string_view key)
{
    const auto table = LookupTable::parse(contents);
    if (!table)
        return "(fault) " + table.error();
    const auto user = table->find(key);
    return user ? std::string{*user} : "(absent)";
}

class LookupFileTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LookupFileTest);
    CPPUNIT_TEST(finds_users_by_whole_keys);
    CPPUNIT_TEST(takes_lines_of_every_form);
    CPPUNIT_TEST(says_which_line_is_wrong);
    CPPUNIT_TEST(refuses_a_key_that_stands_twice);
    CPPUNIT_TEST(finds_each_of_many);
    CPPUNIT_TEST(survives_random_files);
    CPPUNIT_TEST(fails_until_it_has_been_read);
    CPPUNIT_TEST(follows_changes);
    CPPUNIT_TEST(keeps_the_last_good_content);
    CPPUNIT_TEST(says_each_fault_once);
    CPPUNIT_TEST(sees_changes_that_leave_size_and_time_alone);
    CPPUNIT_TEST(reads_nothing_that_is_no_file);
    CPPUNIT_TEST(answers_while_it_is_read_anew);
    CPPUNIT_TEST_SUITE_END();

    void finds_users_by_whole_keys()
    {
        const auto contents = "alice a\nali b\nAlice c\n\xc3\xa9 d\n";
        for (const auto &[key, user] : {std::pair{"alice", "a"},
                                        {"ali", "b"},
                                        {"Alice", "c"},
                                        {"\xc3\xa9", "d"},
                                        {"alic", "(absent)"},
                                        {"", "(absent)"},
                                        {"alicea", "(absent)"},
                                        {"a", "(absent)"}})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(key, std::string{user}, found(contents, key));
        CPPUNIT_ASSERT_EQUAL("(absent)"s, found("", "a"));
        CPPUNIT_ASSERT_EQUAL("(absent)"s, found("# nothing\n", "a"));
    }

    void takes_lines_of_every_form()
    {
        for (const auto *line : {"k u", "k\tu", "  k   u  ", "k u\r", "\"k\" 'u'", "k u # comment",
                                 "# c\n\n  # d\n \nk u", "\xef\xbb\xbfk u", "other x\nk u\n"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(line, "u"s, found(line, "k"));
        CPPUNIT_ASSERT_EQUAL("u v"s, found("\"CN=a b,O=\\\"c\\\"\" \"u v\"\n", "CN=a b,O=\"c\""));
        CPPUNIT_ASSERT_EQUAL("u"s, found("\"#k\" u\n", "#k"));
        CPPUNIT_ASSERT_EQUAL("#u"s, found("k \"#u\"\n", "k"));
        CPPUNIT_ASSERT_EQUAL("u"s, found("name=\"x u\n", "name=\"x"));
    }

    void says_which_line_is_wrong()
    {
        const auto at_line_2 = [](const char *line) { return fault("a b\n"s + line + "\nc d\n"); };
        CPPUNIT_ASSERT_EQUAL("line 2: there is no user behind the key \"k\""s, at_line_2("k"));
        CPPUNIT_ASSERT_EQUAL("line 2: there is no user behind the key \"k\""s, at_line_2("k # u"));
        CPPUNIT_ASSERT_EQUAL("line 2: there is more than a key and a user: \"w\"; what has blanks "
                             "goes between quotes"s,
                             at_line_2("k u w"));
        CPPUNIT_ASSERT_EQUAL("line 2: its key is empty"s, at_line_2("\"\" u"));
        CPPUNIT_ASSERT_EQUAL("line 2: its user is empty"s, at_line_2("k ''"));
        CPPUNIT_ASSERT_EQUAL("line 2: its user \"u:v\" has a ':'"s, at_line_2("k u:v"));
        CPPUNIT_ASSERT_EQUAL("line 2: the quotes that begin '\"k u' do not end"s,
                             at_line_2("\"k u"));
        CPPUNIT_ASSERT_EQUAL("line 2: its user \"u\\x01\" has a control character or is not UTF-8"s,
                             at_line_2("k u\x01"));
        CPPUNIT_ASSERT(at_line_2("\xff u").starts_with("line 2: its key"));
        CPPUNIT_ASSERT_EQUAL("line 1: its key \"k\\x00\" has a control character or is not UTF-8"s,
                             fault("k\0 u"s));
        CPPUNIT_ASSERT_EQUAL("line 1: its key has 4097 octets; 4096 are the most"s,
                             fault(std::string(4097, 'k') + " u"));
        CPPUNIT_ASSERT_EQUAL(""s, fault(std::string(4096, 'k') + ' ' + std::string(4096, 'u')));
    }

    void refuses_a_key_that_stands_twice()
    {
        CPPUNIT_ASSERT_EQUAL("line 4: the key \"k\" stands in line 2 as well"s,
                             fault("a x\nk u\n\n\"k\" v\nb y\n"));
        CPPUNIT_ASSERT_EQUAL("line 2: the key \"k\" stands in line 1 as well"s,
                             fault("k u\nk u\n"));
    }

    void finds_each_of_many()
    {
        for (const int count : {1, 5, 6, 7, 8, 9, 1000, 20'000}) {
            std::string contents;
            for (int i = 0; i < count; ++i)
                contents += "key" + std::to_string(i) + " user" + std::to_string(i) + '\n';
            const auto table = LookupTable::parse(contents);
            CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(count), table->size());
            for (int i = 0; i < count; ++i)
                CPPUNIT_ASSERT(table->find("key" + std::to_string(i)) ==
                               "user" + std::to_string(i));
            for (int i = count; i < count + 1000; ++i)
                CPPUNIT_ASSERT(!table->find("key" + std::to_string(i)));
        }
    }

    void survives_random_files()
    {
        const auto pieces =
            std::to_array<std::string>({"a", "b", " ", " ", "\n", "\n", "\"", "'", "\\", "#",
                                        "\xc3\xa9", "\xff", "\0"s, "\r", "\t"});
        test::Chance chance{6};
        int good = 0;
        for (int i = 0; i < 60'000; ++i)
            good += fault(chance.text(chance.below(12), pieces)).empty() ? 1 : 0;
        CPPUNIT_ASSERT(good > 1000);
    }

    // -- the file --------------------------------------------------------------------------------

    Directory directory_;

    void fails_until_it_has_been_read()
    {
        LookupFile file{directory_.path("users")};
        const auto name = clientcert::quoted(directory_.path("users"));
        CPPUNIT_ASSERT_EQUAL("(failed) " + name + " has not been read", user(file, "k"));
        CPPUNIT_ASSERT_EQUAL(name + " cannot be read: No such file or directory",
                             file.refresh().error());
        CPPUNIT_ASSERT_EQUAL("(failed) " + name + " cannot be read: No such file or directory",
                             user(file, "k"));
        write(directory_.path("users"), "k u\n");
        CPPUNIT_ASSERT(*file.refresh());
        CPPUNIT_ASSERT_EQUAL("u"s, user(file, "k"));
        CPPUNIT_ASSERT_EQUAL("(absent)"s, user(file, "j"));
    }

    void follows_changes()
    {
        const auto path = directory_.path("users");
        write(path, "k u\n");
        LookupFile file{path};
        CPPUNIT_ASSERT(*file.refresh());
        CPPUNIT_ASSERT(!*file.refresh());
        replace(path, "k v\nj w\n");
        CPPUNIT_ASSERT_EQUAL("u"s, user(file, "k"));
        CPPUNIT_ASSERT(*file.refresh());
        CPPUNIT_ASSERT_EQUAL("v"s, user(file, "k"));
        CPPUNIT_ASSERT_EQUAL("w"s, user(file, "j"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, file.status().keys);
        write(path, "");
        CPPUNIT_ASSERT(*file.refresh());
        CPPUNIT_ASSERT_EQUAL("(absent)"s, user(file, "k"));
        // Written anew, and nothing new in it.
        replace(path, "# nothing\n");
        CPPUNIT_ASSERT(!*file.refresh());
        CPPUNIT_ASSERT_EQUAL(""s, file.status().problem);
    }

    void keeps_the_last_good_content()
    {
        const auto path = directory_.path("users");
        write(path, "k u\n");
        LookupFile file{path};
        CPPUNIT_ASSERT(*file.refresh());
        for (const auto *bad : {"k v\nk w\n", "k\n", "\"k v\n"}) {
            replace(path, bad);
            const auto refreshed = file.refresh();
            CPPUNIT_ASSERT(!refreshed);
            CPPUNIT_ASSERT(refreshed.error().starts_with(clientcert::quoted(path) + ", line "));
            CPPUNIT_ASSERT_EQUAL(refreshed.error(), file.status().problem);
            CPPUNIT_ASSERT_EQUAL("u"s, user(file, "k"));
        }
        std::filesystem::remove(path);
        CPPUNIT_ASSERT(!file.refresh());
        CPPUNIT_ASSERT_EQUAL("u"s, user(file, "k"));
        // The old content comes back: nothing is new, and nothing is wrong any more.
        replace(path, "k u\n");
        CPPUNIT_ASSERT(!*file.refresh());
        CPPUNIT_ASSERT_EQUAL(""s, file.status().problem);
    }

    void says_each_fault_once()
    {
        const auto path = directory_.path("users");
        write(path, "k\n");
        LookupFile file{path};
        CPPUNIT_ASSERT(!file.refresh());
        for (int i = 0; i < 3; ++i)
            CPPUNIT_ASSERT(!*file.refresh());
        replace(path, "k u\nk v\n");
        CPPUNIT_ASSERT(!file.refresh());
        CPPUNIT_ASSERT(!*file.refresh());
    }

    void sees_changes_that_leave_size_and_time_alone()
    {
        const auto path = directory_.path("users");
        write(path, "k u\n");
        struct stat before {};
        stat(path.c_str(), &before);
        LookupFile file{path};
        CPPUNIT_ASSERT(*file.refresh());
        write(path, "k v\n");
        const std::array times{before.st_atim, before.st_mtim};
        utimensat(AT_FDCWD, path.c_str(), times.data(), 0);
        CPPUNIT_ASSERT(*file.refresh());
        CPPUNIT_ASSERT_EQUAL("v"s, user(file, "k"));
    }

    void reads_nothing_that_is_no_file()
    {
        LookupFile directory{directory_.path("")};
        CPPUNIT_ASSERT(directory.refresh().error().ends_with(" is no file"));
        const auto path = directory_.path("pipe");
        CPPUNIT_ASSERT_EQUAL(0, mkfifo(path.c_str(), 0600));
        LookupFile pipe{path};
        CPPUNIT_ASSERT(pipe.refresh().error().ends_with(" is no file"));
    }

    void answers_while_it_is_read_anew()
    {
        const auto path = directory_.path("users");
        write(path, "k 0\n");
        LookupFile file{path};
        CPPUNIT_ASSERT(*file.refresh());
        std::atomic<bool> over = false;
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                for (int last = 0; !over;) {
                    const auto answer = file.find("k", nullptr);
                    const int now = answer.state == State::found ? std::stoi(answer.text) : -1;
                    wrong += now < last ? 1 : 0;
                    last = now;
                }
            });
        for (int i = 1; i < 300; ++i) {
            replace(path, "k " + std::to_string(i) + '\n');
            CPPUNIT_ASSERT(*file.refresh());
        }
        over = true;
        for (auto &thread : threads)
            thread.join();
        CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LookupFileTest);

}  // namespace

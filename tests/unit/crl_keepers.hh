// SPDX-License-Identifier: Apache-2.0
// Keepers of CRLs in a directory of their own, with hosts that record.
#pragma once

#include "signed_crls.hh"

#include <clientcert/crl_keeper.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace clientcert::test {

namespace fs = std::filesystem;

class RecordingHost : public KeeperHost {
public:
    struct Line {
        Level level;
        std::string message;
    };

    void log(Level level, const std::string &message) override
    {
        if (level == Level::notice && message.find(" is in force: ") != message.npos)
            news.push_back(message);
        else
            lines.push_back({level, message});
    }
    bool stopping() override { return stop && stop(); }
    void published(const IndexId &id) override { ids.push_back(id); }
    void decided() override { ++decisions; }

    /// How many lines have these words.
    std::size_t said(std::string_view words) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(lines, [&](const auto &line) {
            return line.message.find(words) != line.message.npos;
        }));
    }

    std::string all() const
    {
        std::string text;
        for (const auto &line : lines)
            text += line.message + '\n';
        return text;
    }

    std::vector<Line> lines;        ///< but for the news
    std::vector<std::string> news;  ///< of CRLs that came into force
    std::vector<IndexId> ids;
    unsigned decisions = 0;
    std::function<bool()> stop;
};

/// A fixture: a directory for sources, one for state, a CA, and a clock that goes on by a second a
/// step.
class KeeperFixture : public CppUnit::TestFixture {
public:
    void setUp() override { make_root_in(fs::temp_directory_path()); }

    void tearDown() override
    {
        keeper_.reset();
        fs::remove_all(root_);
    }

protected:
    void make_root_in(const fs::path &directory)
    {
        std::string name = directory / "crl_keeper.XXXXXX";
        needed(::mkdtemp(name.data()));
        root_ = name;
        fs::create_directory(root_ / "crls");
    }

    CrlSource source(const fs::path &path) const { return {path.string()}; }

    void start(std::vector<CrlSource> sources, const std::string &trust = {})
    {
        keeper_.reset();
        keeper_ = keeper(std::move(sources), host_, trust);
    }
    void start() { start({source(root_ / "crls")}); }

    std::unique_ptr<CrlKeeper> keeper(std::vector<CrlSource> sources, KeeperHost &host,
                                      const std::string &trust = {}) const
    {
        KeeperSettings settings;
        settings.state_directory = state();
        settings.sources = std::move(sources);
        settings.trust = trust;
        settings.issuers.add_trusted(store_of({ca_, other_}).get());
        settings.hosts = hosts_;
        return std::make_unique<CrlKeeper>(std::move(settings), host);
    }

    void step(unsigned times = 1)
    {
        for (; times > 0; --times)
            keeper_->step(now_ += second);
    }

    /// In real time, too: for what is young.
    void step_until(const std::function<bool()> &done)
    {
        for (int i = 0; i < 1000 && !done(); ++i) {
            step();
            ::usleep(10'000);
        }
        CPPUNIT_ASSERT_MESSAGE(host_.all(), done());
    }

    std::string state() const { return root_ / "state"; }
    fs::path crls(const std::string &name = {}) const { return root_ / "crls" / name; }

    /// As an administrator should: written aside and renamed, and with a past.
    void put(const std::string &name, const std::string &contents) const
    {
        put_at(crls(name), contents);
    }
    static void put_at(const fs::path &path, const std::string &contents)
    {
        const auto aside = path.parent_path() / ("." + path.filename().string());
        write(aside, contents);
        make_old(aside);
        fs::rename(aside, path);
    }

    static void write(const fs::path &path, const std::string &contents)
    {
        std::ofstream{path, std::ios::binary}.write(contents.data(),
                                                    static_cast<std::streamsize>(contents.size()));
    }

    static void make_old(const fs::path &path)
    {
        fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours{1});
    }

    std::shared_ptr<const CrlIndex> index() const
    {
        const int fd = ::open(state().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const auto index = map_index(fd, nullptr);
        ::close(fd);
        return index ? *index : nullptr;
    }

    /// By the index that was published last.
    bool revoked(long serial, const Identity &issuer) const
    {
        const openssl::StringPtr number{needed(ASN1_INTEGER_new())};
        ASN1_INTEGER_set(number.get(), serial);
        const auto published = index();
        if (!published)
            return false;
        const auto records = published->of_issuer(name_id(issuer.certificate.subject()));
        return std::ranges::any_of(records, [&](const auto &record) {
            return record.entries.find(openssl::octets_of(number.get()), nullptr).has_value();
        });
    }
    bool revoked(long serial) const { return revoked(serial, ca_); }

    std::size_t records() const { return index() ? index()->size() : 0; }

    /// A CRL of the CA that revokes one certificate.
    std::string crl(long number, long serial) const
    {
        return CrlMaker{}.number(number).revoke(serial).der_by(ca_);
    }

    /// What is said when such a CRL comes into force.
    static std::string news_of(const std::string &name, long number, const std::string &from)
    {
        return "the CRL of \"CN=" + name + "\" (number " + std::to_string(number) + ") from \"" +
               from + "\" is in force: 1 entry, next update 2030-07-15T00:00:00Z";
    }
    std::string news_of(long number) const { return news_of("CA", number, crls("ca.crl")); }

    /// All of it, in turn.
    void assert_news(const std::vector<std::string> &expected) const
    {
        const auto joined = [](const std::vector<std::string> &news) {
            std::string text;
            for (const auto &line : news)
                text += line + '\n';
            return text;
        };
        CPPUNIT_ASSERT_EQUAL(joined(expected), joined(host_.news));
    }

    fs::path root_;
    Identity ca_ = authority("CA");
    Identity other_ = authority("Other");
    AllowedHosts hosts_;
    RecordingHost host_;
    std::unique_ptr<CrlKeeper> keeper_;
    Time now_ = now();
};

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
// A keeper from the inside. Its parts: start (keeper_start.cc), looking at files
// (keeper_files.cc) and URLs (keeper_urls.cc), publishing (keeper_publish.cc), warnings
// (keeper_warnings.cc).
#pragma once

#include "core/crl/keeper/pool.hh"
#include "core/crl/keeper/rejected_download.hh"
#include "core/crl/keeper/seen.hh"
#include "core/crl/keeper/source.hh"
#include "core/crl/keeper/state_directory.hh"
#include "core/crl/keeper/watcher.hh"

#include <clientcert/crl_keeper.hh>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace clientcert {

/// A URL's stored download, and the one that is under way.
struct TrackedUrl {
    TrackedSource *source;  ///< that it belongs to
    TrackedFile *file;      ///< what the stored download gave
    std::string stored;     ///< name in the state directory
    Schedule schedule{};
    std::string etag{};
    std::string last_modified{};
    bool look_at_stored = true;
    bool decided = false;  ///< about its CRLs
    unsigned failures = 0;
    std::optional<std::size_t> download{};       ///< its number while it is under way
    Descriptor aside{};                          ///< that it is written to
    std::string problem{};                       ///< of the last download, as it was logged
    std::optional<RejectedDownload> rejected{};  ///< the last one, where it was worse than `stored`

    /// Something else than the CRLs has changed: what was decided about them is open again.
    void look_again()
    {
        look_at_stored = true;
        rejected.reset();
    }
};

struct CrlKeeper::State {
    State(KeeperSettings keeper_settings, KeeperHost &keeper_host);

    void step(Time time);

    // keeper_start.cc
    void start();
    void load(std::shared_ptr<const CrlIndex> index);
    void adopt(KeeperMemory remembered);
    KeeperMemory memory() const;
    void rebuild();
    void check_index();

    // keeper_files.cc
    /// How it ended: `later` where the file is changing, or nobody wants it any more.
    enum class Reading { taken, refused, later };

    void look_at_sources();
    void look_at(TrackedSource &source);
    bool look_at_listed(TrackedSource &source, const std::vector<struct ListedFile> &files);
    bool needs_reading(const TrackedFile &file, const FileIdentity &identity) const;
    bool read_file(TrackedSource &source, TrackedFile &file, const std::string &path);
    Reading read(const TrackedSource &source, TrackedFile &file, const Descriptor &opened,
                 bool by_others);
    void problem_of(const TrackedSource &source, TrackedFile &file, KeeperHost::Level level,
                    const std::string &message);

    // keeper_urls.cc
    void load_urls();
    void load_url(TrackedSource &source, const std::string &url);
    void remove_unknown_downloads();
    void look_at_urls(TrackedSource &source);
    void look_at_stored(TrackedUrl &url);
    void start_download(TrackedUrl &url);
    void take_downloads();
    void finish(TrackedUrl &url, const Downloaded &result);
    bool is_rejected(TrackedUrl &url, const Downloaded &result);
    void take_download(TrackedUrl &url, const Downloaded &result);
    void save_url(const TrackedUrl &url);
    void succeeded(TrackedUrl &url);
    void failed(TrackedUrl &url, const std::string &why, std::chrono::seconds retry_after);

    // keeper_seen.cc
    void take_seen();
    void take_forgotten_issuers();
    void read_again_with(const std::vector<Certificate> &issuers, bool old);

    // keeper_publish.cc
    void publish();
    Result<bool> write_new_index(const std::vector<CrlId> &ids);
    void save_memory();
    void publishing_failed(const std::string &why);
    void decide();

    // keeper_warnings.cc
    void warn();

    Descriptor open_index() const;
    std::vector<TrackedFile *> all_files();
    bool stopping() { return stopped = stopped || host.stopping(); }

    KeeperSettings settings;
    KeeperHost &host;
    StateDirectory directory;
    Watcher watcher;
    std::optional<SeenReader> seen;
    bool first_look_at_seen = true;  ///< of this keeper
    CrlPool pool;
    std::vector<TrackedSource> sources;
    std::map<std::string, TrackedUrl> urls;
    std::optional<Downloads> downloads;
    std::minstd_rand chance;

    Time now{};
    unsigned started = 0;       ///< StateDirectory::held() that this has been started with
    bool stopped = false;       ///< in the midst of a step
    bool changed = false;       ///< what files give, since the last look at what to publish
    bool memory_dirty = false;  ///< what is remembered, since it was saved
    bool decided = false;

    FileIdentity index_identity;  ///< of the current index, to notice when somebody touches it
    Descriptor index_file;
    bool index_lost = false;  ///< it has to be written again

    OnceLog publishing_log;
    Schedule publishing;  ///< the next try, after one that failed
    unsigned publishing_failures = 0;
    Schedule seen_schedule;
    Schedule warnings;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation/crl_job.hh"

#include "core/file.hh"
#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/other_modules.hh"
#include "httpd/revocation/chain_notes.hh"
#include "httpd/revocation/open_connections.hh"
#include "httpd/revocation/shared_crls.hh"
#include "httpd/verdict/trusts.hh"

#include <clientcert/clock.hh>
#include <clientcert/octets.hh>

#include <algorithm>
#include <fcntl.h>
#include <malloc.h>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace clientcert::httpd {
namespace {

using Level = KeeperHost::Level;

/// Which of the server's children keeps the CRLs: whoever has a lock on one octet of a file, which
/// the kernel gives to the next one when its owner is killed. (A singleton of mod_watchdog would
/// pause for ten seconds then.) The octet is that of the parent: another server has another.
class Turn {
public:
    /// Whether this process has it; to be asked again and again, by the one who has it, too.
    bool take(const SharedCrls &crls)
    {
        if (!file_)
            file_ = opened(crls);
        if (!locked(file_))
            return false;
        if (!crls.follow_directory() || is_in(crls))
            return has_ = true;
        // The state directory was emptied or replaced. Who had the turn keeps it, for he has the
        // CRLs: he locks the new file, and the others find the old one free and follow.
        auto other = opened(crls);
        const bool is_free = locked(other);
        if (is_free || (other && !has_))
            file_ = std::move(other);
        return has_ = is_free || has_;
    }

    void give_up()
    {
        file_.reset();
        has_ = false;
    }

private:
    static Descriptor opened(const SharedCrls &crls)
    {
        crls.follow_directory();
        return Descriptor{openat(crls.directory_fd(), state_file::turn,
                                 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    }

    static bool locked(const Descriptor &file)
    {
        struct flock octet = {};
        octet.l_type = F_WRLCK;
        octet.l_whence = SEEK_SET;
        octet.l_start = getppid();
        octet.l_len = 1;
        return file && fcntl(file.get(), F_OFD_SETLK, &octet) == 0;
    }

    bool is_in(const SharedCrls &crls) const
    {
        struct stat ours = {};
        struct stat found = {};
        return fstat(file_.get(), &ours) == 0 &&
               fstatat(crls.directory_fd(), state_file::turn, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
               ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
    }

    Descriptor file_;
    bool has_ = false;
};

constexpr std::chrono::seconds pause_after_failure{5};

/// This child needed more than its siblings ever will; malloc would keep it.
void give_back_memory()
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace

/// Changes what mod_watchdog calls into what a keeper wants.
class CrlJob : public KeeperHost {
public:
    CrlJob(server_rec &s, SharedCrls &crls) : server_{s}, crls_{crls} {}

    void call(int state)
    {
        const std::scoped_lock lock{running_};
        if (has_ended_)
            return;
        if (state == AP_WATCHDOG_STATE_STOPPING)
            stop();
        else
            step();
    }

    /// Waits for a step that goes on, and lets no other begin.
    void end()
    {
        const std::scoped_lock lock{running_};
        has_ended_ = true;
        stop();
    }

private:
    void step()
    {
        if (stopping())
            return stop();
        const Time now = current_time();
        if (now < not_before_)
            return;
        try {
            if (turn_.take(crls_) && !keeper_)
                start();
            if (keeper_) {
                counters_.all().crls.watcher_seen.set(seconds_of(now));
                keeper_->step(now);
            }
        } catch (const std::exception &e) {
            fail(e.what());
            throw;
        } catch (...) {
            fail("unknown exception");
            throw;
        }
        if (std::exchange(has_compiled_, false))
            give_back_memory();
    }

    void stop()
    {
        keeper_.reset();
        turn_.give_up();
    }

    void looked_at(const CrlSource &source) override
    {
        counters_of(source).last_look.set(seconds_of(current_time()));
    }
    void taken(const CrlSource &source) override { counters_of(source).hits.add(); }
    void failed(const CrlSource &source, const std::string &why) override
    {
        auto &counters = counters_of(source);
        counters.errors.add();
        counters.last_error.write(why, current_time());
    }

    void log(Level level, const std::string &message) override
    {
        static constexpr std::array<int, 4> levels{APLOG_INFO, APLOG_NOTICE, APLOG_WARNING,
                                                   APLOG_ERR};
        ap_log_error(APLOG_MARK, levels[static_cast<std::size_t>(level)], 0, &server_,
                     CCLOGNO(0202) "%s", message.c_str());
    }

    bool stopping() override
    {
        int state = AP_MPMQ_STOPPING;
        ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
        return state == AP_MPMQ_STOPPING;
    }

    void published(const IndexId &id) override
    {
        if (crls_.announce(id))
            counters_.all().crls.published.add();
        static_cast<void>(crls_.view());  // this process, too, lets go of the last one
        has_compiled_ = true;
    }
    void decided() override { crls_.announce_all_read(); }

    void start();

    /// What is on the disk is sound; a keeper that was interrupted may not be.
    void fail(const char *why)
    {
        stop();
        not_before_ = current_time() + pause_after_failure;
        counters_.all().crls.watcher_error.write(why, current_time());
    }

    NamedCounters &counters_of(const CrlSource &source) const
    {
        return *counters_.sources().at(source.where).counters;
    }

    server_rec &server_;
    SharedCrls &crls_;
    ServerCounters &counters_{server_config(server_).registry->counters};
    std::mutex running_;
    bool has_ended_ = false;
    bool has_compiled_ = false;
    Time not_before_{};
    Turn turn_;
    std::optional<CrlKeeper> keeper_;
};

namespace {

template <typename Visit>
void for_each_server(server_rec *s, Visit visit)
{
    for (; s != nullptr; s = s->next)
        visit(server_config(*s).settings);
}

/// The sources of all virtual hosts: one that several name is looked at as often as the most
/// impatient of them wants.
std::vector<CrlSource> sources_of(server_rec *s)
{
    std::vector<CrlSource> sources;
    for_each_server(s, [&](const ServerSettings &settings) {
        for (const CrlSource *source : settings.get<Crl>()) {
            const auto known = std::ranges::find(sources, source->where, &CrlSource::where);
            if (known == sources.end()) {
                sources.push_back(*source);
                continue;
            }
            known->refresh = std::min(known->refresh, source->refresh);
            known->timeout = std::max(known->timeout, source->timeout);
            known->max_size = std::max(known->max_size, source->max_size);
        }
    });
    return sources;
}

/// Names a set of sources, whatever their order, and those who are believed; never 0.
std::uint64_t digest_of(std::vector<CrlSource> sources, const std::string &trust)
{
    std::ranges::sort(sources, {}, &CrlSource::where);
    std::string all = trust;
    for (const auto &source : sources)
        (all += source.where) += '\0' + std::to_string(source.max_size) + '\0';
    const Sha256 digest = sha256(octets_of(all));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = number << 8 | digest[i];
    return number | 1;
}

/// Names the certificates by which CRLs are believed.
std::string trust_of(server_rec &s)
{
    std::string all;
    for (const auto &trust : server_config(s).registry->trusts())
        all.append(trust.first.begin(), trust.first.end());
    for_each_server(&s, [&](const ServerSettings &one) {
        for (const Certificate *certificate : one.get<CrlIssuer>())
            all += certificate->mark();
    });
    const Sha256 digest = sha256(octets_of(all));
    return {digest.begin(), digest.end()};
}

}  // namespace

void CrlJob::start()
{
    server_rec *s = &server_;
    KeeperSettings settings;
    settings.state_directory = crls_.directory();
    settings.sources = sources_of(s);
    for_each_server(s, [&](const ServerSettings &one) {
        for (const char *host : one.get<CrlHosts>())
            static_cast<void>(settings.hosts.add(host));
    });
    settings.trust = trust_of(*s);
    for (const auto &[id, trust] : server_config(*s).registry->trusts())
        settings.issuers.add_trusted(trust.store());
    for_each_server(s, [&](const ServerSettings &one) {
        for (const Certificate *certificate : one.get<CrlIssuer>())
            settings.issuers.add(*certificate);
    });
    keeper_.emplace(std::move(settings), *this);
    auto &watcher = counters_.all().crls;
    watcher.watcher.set(static_cast<std::uint64_t>(getpid()));
    watcher.watcher_since.set(seconds_of(current_time()));
}

namespace {

apr_status_t run(int state, void *data, apr_pool_t *)
{
    static_cast<CrlJob *>(data)->call(state);
    return APR_SUCCESS;
}

/// After an exception the job goes on at the next tick: any other answer would be its end.
bool register_job(apr_pool_t *pconf, CrlJob &job)
{
    return run_in_children(pconf, "_clientcert_", AP_WD_TM_SLICE, &job, guarded<run, APR_SUCCESS>);
}

/// The user that children run as.
std::pair<unsigned, unsigned> child_user()
{
    if (geteuid() != 0)
        return {geteuid(), getegid()};
    return {ap_unixd_config.user_id, ap_unixd_config.group_id};
}

/// What a server that ran before has left: it counts at once, if it is whole. Whether it is still
/// up to date is told by the files' dates alone; they are read as nobody but an unprivileged child.
void use_stored_index(SharedCrls &crls, const std::vector<CrlSource> &sources,
                      const std::string &trust)
{
    const auto stored = map_index(crls.directory_fd(), nullptr);
    if (!stored || !(*stored)->whole())
        return;  // the keeper tells, and makes another
    crls.announce((*stored)->id());
    if (is_current(**stored, sources, trust))
        crls.announce_all_read();
}

}  // namespace

int prepare_revocation(apr_pool_t *pconf, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    add_other_trusts(*s);
    const auto sources = sources_of(s);
    if (sources.empty())
        return OK;
    auto &registry = *server_config(*s).registry;
    const char *directory = registry.state_directory != nullptr
                                ? registry.state_directory
                                : ap_runtime_dir_relative(pconf, "clientcert");
    const auto [uid, gid] = child_user();
    const auto fd = open_state_directory(directory, uid, gid);
    if (!fd) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, CCLOGNO(0203) "ClientCertStateDir: %s",
                     fd.error().c_str());
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    auto &announcement = announcement_for(s->process->pool, directory);
    auto *crls =
        pool_new<SharedCrls>(pconf, announcement, directory, *fd, digest_of(sources, trust_of(*s)));
    registry.crls = crls;
    registry.connections = pool_new<OpenConnections>(pconf, *crls);
    const bool points = std::ranges::any_of(
        sources, [](const CrlSource &one) { return one.kind() == CrlSource::Kind::cdp; });
    registry.notes = pool_new<ChainNotes>(pconf, *fd, points);
    if (announcement.generation() == 0)
        use_stored_index(*crls, sources, trust_of(*s));
    registry.crl_job = pool_new<CrlJob>(pconf, *s, *crls);
    if (!register_job(pconf, *registry.crl_job)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     CCLOGNO(0204) "ClientCertCRL needs mod_watchdog, which is not loaded: "
                                   "LoadModule watchdog_module modules/mod_watchdog.so");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

void end_job_with_child(apr_pool_t *pchild, server_rec *s)
{
    if (auto *job = server_config(*s).registry->crl_job)
        apr_pool_pre_cleanup_register(pchild, job, [](void *self) noexcept -> apr_status_t {
            static_cast<CrlJob *>(self)->end();
            return APR_SUCCESS;
        });
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// A keeper's downloads. What was downloaded last and was good is kept in the state directory, under
// the SHA-256 of its URL, with a file beside it that says how fresh it is.
#include "core/crl/keeper/keeper_state.hh"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

namespace clientcert {
namespace {

using Level = KeeperHost::Level;
using std::chrono::seconds;

constexpr seconds first_retry{4};

/// Each has sockets, buffers and a thread for its resolver, in a child that serves clients as well.
constexpr std::size_t most_at_once = 16;

constexpr seconds longest_retry_after{24 * 3600};

std::string meta_of(const std::string &stored)
{
    return stored + ".meta";
}

std::string aside_of(const TrackedUrl &url)
{
    return std::string{state_file::downloads} + "/." + url.stored.substr(url.stored.rfind('/') + 1);
}

/// Takes a line off the front.
std::string line(std::string_view &text)
{
    std::string line{text.substr(0, text.find('\n'))};
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

bool is_configured(const std::vector<TrackedSource> &sources, const std::string &url)
{
    return std::ranges::any_of(sources,
                               [&](const auto &source) { return source.settings.where == url; });
}

}  // namespace

void CrlKeeper::State::load_urls()
{
    for (auto &source : sources) {
        const auto &where = source.settings.where;
        if (source.settings.kind() == CrlSource::Kind::url)
            source.files[where].known.where = where;
        if (source.settings.kind() == CrlSource::Kind::cdp)
            std::erase_if(source.files,
                          [&](const auto &entry) { return is_configured(sources, entry.first); });
        if (source.settings.kind() != CrlSource::Kind::path)
            for (auto &[url, file] : source.files)
                load_url(source, url);
    }
}

void CrlKeeper::State::load_url(TrackedSource &source, const std::string &url)
{
    auto &file = source.files.at(url);
    const auto stored =
        std::string{state_file::downloads} + '/' + lower_hex(sha256(octets_of(url)));
    auto &state = urls[url] = TrackedUrl{&source, &file, stored};
    const auto meta = contents_at(directory.fd(), meta_of(stored), 65536);
    if (!meta || !identity_at(directory.fd(), stored))
        return;
    std::string_view rest = *meta;
    state.etag = line(rest);
    state.last_modified = line(rest);
    const auto fetched = line(rest);
    Time::rep count = 0;
    std::from_chars(fetched.data(), fetched.data() + fetched.size(), count);
    state.schedule.done(Time{seconds{count}}, source.settings.refresh);
}

/// Those of URLs that were configured, or of distribution points that are no longer followed.
void CrlKeeper::State::remove_unknown_downloads()
{
    std::set<std::string> known;
    for (const auto &[name, url] : urls)
        known.insert({url.stored, meta_of(url.stored)});
    const std::string folder = state_file::downloads;
    for (const auto &name : names_in(directory.fd(), folder).value_or(std::vector<std::string>{}))
        if (const auto path = folder + '/' + name; !name.starts_with('.') && !known.contains(path))
            ::unlinkat(directory.fd(), path.c_str(), 0);
}

void CrlKeeper::State::look_at_urls(TrackedSource &source)
{
    bool all_decided = true;
    for (auto &[name, file] : source.files) {
        if (stopping())
            return;
        auto &url = urls.at(name);
        if (file.known.again != Time{} && now >= file.known.again)
            url.look_again();
        if (std::exchange(url.look_at_stored, false))
            look_at_stored(url);
        if (!url.download && downloads->under_way() < most_at_once && url.schedule.due(now) &&
            !stopped)
            start_download(url);
        all_decided = all_decided && url.decided;
    }
    source.looked_at = source.looked_at || all_decided;
}

void CrlKeeper::State::look_at_stored(TrackedUrl &url)
{
    const Descriptor stored{::openat(directory.fd(), url.stored.c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    struct stat status {};
    if (!stored || ::fstat(stored.get(), &status) != 0) {
        url.file->known.again = Time{};  // the next download tells
        return;
    }
    auto reading = Reading::taken;
    if (needs_reading(*url.file, FileIdentity{status}))
        reading = read(*url.source, *url.file, stored, false);
    url.look_at_stored = reading == Reading::later;
    url.decided = url.decided || reading == Reading::taken;
    if (reading == Reading::refused) {
        url.etag.clear();
        url.last_modified.clear();
        url.schedule.at_once();
    }
}

void CrlKeeper::State::start_download(TrackedUrl &url)
{
    const auto &where = url.file->known.where;
    const auto &limits = url.source->settings;
    url.aside = Descriptor{::openat(directory.fd(), aside_of(url).c_str(),
                                    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!url.aside) {
        failed(url, quoted(printable_url(where)) + " cannot be stored: " + system_error(errno),
               seconds{0});
        return;
    }
    Download download{where, url.aside.get(), limits.timeout, limits.max_size, {}, {}, nullptr};
    if (limits.kind() == CrlSource::Kind::cdp)
        download.restricted = &settings.hosts;
    if (url.rejected && url.rejected->is_outdated(now))
        url.rejected.reset();
    if (url.rejected && url.rejected->has_validator()) {
        download.etag = url.rejected->etag();
        download.last_modified = url.rejected->last_modified();
    } else if (identity_at(directory.fd(), url.stored)) {
        download.etag = url.etag;
        download.last_modified = url.last_modified;
    }
    const auto started_download = downloads->start(std::move(download));
    if (started_download)
        url.download = *started_download;
    else
        failed(url, started_download.error(), limits.refresh);
}

void CrlKeeper::State::take_downloads()
{
    for (const auto &result : downloads->step())
        for (auto &[name, url] : urls)
            if (url.download == result.id)
                finish(url, result);
}

void CrlKeeper::State::finish(TrackedUrl &url, const Downloaded &result)
{
    url.download.reset();
    host.looked_at(url.source->settings);
    if (!result.error.empty())
        failed(url, result.error, result.retry_after);
    else if (result.unchanged || is_rejected(url, result))
        succeeded(url);
    else
        take_download(url, result);
    url.aside.reset();
    ::unlinkat(directory.fd(), aside_of(url).c_str(), 0);
}

/// Whether it is once more what was of no use the last time.
bool CrlKeeper::State::is_rejected(TrackedUrl &url, const Downloaded &result)
{
    if (!url.rejected)
        return false;
    const auto again = RejectedDownload::of(url.aside, result, host, now);
    return again && url.rejected->is_same_as(*again);
}

void CrlKeeper::State::take_download(TrackedUrl &url, const Downloaded &result)
{
    auto &known = url.file->known;
    ::lseek(url.aside.get(), 0, SEEK_SET);
    const auto reading = read(*url.source, *url.file, url.aside, false);
    if (reading == Reading::later) {
        url.schedule.at_once();
        return;
    }
    // What is worse than the stored one must not take its place there either.
    const bool is_good = reading == Reading::taken && !known.signer_refused && !known.passed_over;
    url.rejected.reset();
    if (!is_good) {
        url.rejected = RejectedDownload::of(url.aside, result, host, now);
    } else if (::fsync(url.aside.get()) == 0 &&
               ::renameat(directory.fd(), aside_of(url).c_str(), directory.fd(),
                          url.stored.c_str()) == 0) {
        url.etag = result.etag;
        url.last_modified = result.last_modified;
    }
    known.identity = identity_at(directory.fd(), url.stored).value_or(FileIdentity{});
    succeeded(url);
}

void CrlKeeper::State::succeeded(TrackedUrl &url)
{
    const auto refresh = url.source->settings.refresh;
    // A fleet that was started at once should not ask at once for ever.
    const auto spread = std::max<seconds::rep>(refresh.count() / 10, 1);
    url.schedule.done(now, refresh - seconds{chance() % static_cast<std::uint64_t>(spread)});
    url.failures = 0;
    url.decided = true;
    if (!std::exchange(url.file->known.not_downloaded, {}).empty())
        memory_dirty = true;
    save_url(url);
    if (!std::exchange(url.problem, {}).empty())
        host.log(Level::notice,
                 "CRL " + shown_source(url.file->known.where) + " was downloaded again");
}

void CrlKeeper::State::save_url(const TrackedUrl &url)
{
    if (!identity_at(directory.fd(), url.stored))
        return;
    // When that fails, the next download is not conditional.
    static_cast<void>(replace_at(directory.fd(), meta_of(url.stored), aside_of(url) + ".meta",
                                 url.etag + '\n' + url.last_modified + '\n' +
                                     std::to_string(now.time_since_epoch().count()) + '\n' +
                                     url.file->known.where + '\n'));
}

/// `why` names the URL.
void CrlKeeper::State::failed(TrackedUrl &url, const std::string &why, seconds retry_after)
{
    const auto refresh = url.source->settings.refresh;
    const auto doubled = std::min(refresh, first_retry * (1 << std::min(url.failures, 16U)));
    const auto spread = std::max<seconds::rep>(doubled.count() / 2, 1);
    const auto jitter = seconds{chance() % static_cast<std::uint64_t>(spread)};
    url.schedule.done(now, std::max(doubled - seconds{spread / 2} + jitter,
                                    std::min(retry_after, longest_retry_after)));
    ++url.failures;
    url.decided = true;
    host.failed(url.source->settings, why);
    if (why != std::exchange(url.file->known.not_downloaded, why))
        memory_dirty = true;
    if (why != std::exchange(url.problem, why))
        host.log(Level::warning,
                 "a CRL was not downloaded: " + why +
                     (url.file->known.crls.empty() ? "" : "; what it gave before stays in force"));
}

}  // namespace clientcert

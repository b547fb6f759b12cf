// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/keeper_state.hh"

#include <algorithm>

namespace clientcert {

CrlSource::Kind CrlSource::kind() const
{
    if (where == "cdp")
        return Kind::cdp;
    return where.find("://") != where.npos ? Kind::url : Kind::path;
}

std::string printable_source(const std::string &where)
{
    const bool is_url = CrlSource{where}.kind() == CrlSource::Kind::url;
    return is_url ? printable_url(where) : where;
}

std::string shown_source(const std::string &where)
{
    return quoted(printable_source(where));
}

CrlKeeper::CrlKeeper(KeeperSettings settings, KeeperHost &host)
    : state_{std::make_unique<State>(std::move(settings), host)}
{
}

CrlKeeper::~CrlKeeper() = default;

void CrlKeeper::step(Time now)
{
    state_->step(now);
}

CrlKeeper::State::State(KeeperSettings keeper_settings, KeeperHost &keeper_host)
    : settings{std::move(keeper_settings)}, host{keeper_host},
      directory{settings.state_directory, host}, chance{static_cast<unsigned>(file_clock())}
{
    for (const auto &source : settings.sources)
        if (std::ranges::none_of(
                sources, [&](const auto &other) { return other.settings.where == source.where; }))
            sources.push_back({source, {}, {}, false, {}});
}

void CrlKeeper::State::step(Time time)
{
    now = time;
    stopped = false;
    if (stopping() || !directory.hold(now))
        return;
    if (started != directory.held())
        start();
    check_index();
    // A disk that is full is not made better by reading everything again all the time.
    if (publishing_failures == 0 || publishing.due(now)) {
        take_seen();
        take_forgotten_issuers();
        take_downloads();
        look_at_sources();
        if (!stopped)
            publish();
    }
    if (stopped)
        return;
    warn();
    save_memory();
    decide();
}

std::vector<TrackedFile *> CrlKeeper::State::all_files()
{
    std::vector<TrackedFile *> files;
    for (auto &source : sources)
        for (auto &[name, file] : source.files)
            files.push_back(&file);
    return files;
}

}  // namespace clientcert

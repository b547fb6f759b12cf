// SPDX-License-Identifier: Apache-2.0
// What other processes left for the keeper: certificates and distribution points that they met,
// and issuers whose numbers are to be forgotten.
#include "core/crl/keeper/forget.hh"
#include "core/crl/keeper/keeper_state.hh"

#include <algorithm>
#include <utility>

namespace clientcert {
namespace {

constexpr std::chrono::seconds seen_refresh{1};
constexpr std::size_t most_distribution_points = 1000;

}  // namespace

void CrlKeeper::State::take_seen()
{
    if (!seen_schedule.due(now))
        return;
    seen_schedule.done(now, seen_refresh);
    auto found = seen->read(directory.fd());
    std::erase_if(found.issuers, [&](const auto &issuer) { return !settings.issuers.add(issuer); });
    const bool old = std::exchange(first_look_at_seen, false);
    if (!found.issuers.empty())
        read_again_with(found.issuers, old);
    for (auto &source : sources)
        for (const auto &url : found.urls)
            if (source.settings.kind() == CrlSource::Kind::cdp &&
                source.files.size() < most_distribution_points && !urls.contains(url)) {
                source.files[url].known.where = url;
                load_url(source, url);
            }
}

/// CRLs that waited for such a certificate, and those of issuers that may now have another path; an
/// `old` certificate, which an earlier keeper met, has no news for the latter.
void CrlKeeper::State::read_again_with(const std::vector<Certificate> &issuers, bool old)
{
    std::set<NameId> names;
    for (const auto &issuer : issuers)
        names.insert(name_id(issuer.subject()));
    for (auto &source : sources)
        for (auto &[name, file] : source.files) {
            const bool concerned =
                file.known.signer_refused ||
                std::ranges::any_of(file.known.unknown,
                                    [&](const auto &id) { return names.contains(id); }) ||
                (!old && std::ranges::any_of(file.known.crls, [&](const auto &id) {
                    return names.contains(pool.held().at(id).order.issuer_id);
                }));
            if (!concerned)
                continue;
            file.known.read_again = true;
            source.schedule.at_once();
            if (const auto url = urls.find(name); url != urls.end())
                url->second.look_again();
        }
}

void CrlKeeper::State::take_forgotten_issuers()
{
    for (const auto &issuer : take_forgotten(directory.fd())) {
        memory_dirty = true;
        if (!pool.numbers().forget(issuer))
            continue;
        host.log(KeeperHost::Level::notice,
                 "the CRL numbers of an issuer were forgotten, as was asked for");
        for (auto &source : sources) {
            source.schedule.at_once();
            for (auto &[name, file] : source.files)
                file.known.read_again = file.known.read_again || file.known.passed_over;
        }
        for (auto &[url, state] : urls) {
            state.rejected.reset();
            state.schedule.at_once();
        }
    }
}

}  // namespace clientcert

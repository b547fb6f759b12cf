// SPDX-License-Identifier: Apache-2.0
// The numbers that all processes of the server count together.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/certificate.hh>
#include <clientcert/counters.hh>
#include <clientcert/map_lookup.hh>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace clientcert::httpd {

/// Something of the configuration that has numbers of its own.
struct Counted {
    NamedCounters *counters;
};

/// Those of one configuration. They are in shared memory as soon as somebody may count; until then
/// they stand in some that nobody looks at.
class ServerCounters {
public:
    ServerCounters() : all_{unshared_.get()} {}

    Counters &all() const { return *all_; }

    /// When its configuration was read: httpd itself notes no graceful restart.
    Time configured() const { return configured_; }

    /// What has such a name. A map is known by its name and the virtual host that makes it: others
    /// may have another one of that name.
    Counted &map(const std::string &host, const std::string &name)
    {
        return maps_.try_emplace({host, name}, unknown()).first->second;
    }
    Counted &lookup(const std::string &name)
    {
        return lookups_.try_emplace(name, unknown()).first->second;
    }
    Counted &source(const std::string &where)
    {
        return sources_.try_emplace(where, unknown()).first->second;
    }

    const auto &maps() const { return maps_; }
    const auto &lookups() const { return lookups_; }
    const auto &sources() const { return sources_; }

    /// Counts there from now on.
    void share(apr_pool_t *process_pool);

private:
    Counted unknown() const { return {unshared_named_.get()}; }
    std::size_t find_all(NamedCountersTable &table);

    std::unique_ptr<Counters> unshared_ = std::make_unique<Counters>();
    std::unique_ptr<NamedCounters> unshared_named_ = std::make_unique<NamedCounters>();
    Counters *all_;
    Time configured_{};
    std::map<std::pair<std::string, std::string>, Counted> maps_;
    std::map<std::string, Counted> lookups_;
    std::map<std::string, Counted> sources_;
};

/// Where a SpreadCounter counts for that connection: threads have connections of their own.
inline std::size_t place_of(const conn_rec &c)
{
    return static_cast<std::size_t>(c.id);
}

/// What people call a virtual host: example.org:443.
std::string name_of(const server_rec &s);

/// Counts what a lookup answers.
class CountedLookup : public MapLookup {
public:
    CountedLookup(std::shared_ptr<const MapLookup> lookup, const Counted &counted)
        : lookup_{std::move(lookup)}, counted_{counted}
    {
    }

    Answer find(const std::string &key, void *context) const override;

private:
    std::shared_ptr<const MapLookup> lookup_;
    const Counted &counted_;
};

/// For post_config: before anybody counts.
int share_counters(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

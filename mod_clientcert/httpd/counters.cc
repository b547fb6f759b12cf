// SPDX-License-Identifier: Apache-2.0
#include "httpd/counters.hh"

#include "httpd/config/server_config.hh"
#include "httpd/request.hh"

#include <clientcert/clock.hh>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

/// Room for what a graceful restart may bring; it is but memory that nobody touches.
constexpr std::size_t least_names = 512;

/// What stands in the shared memory.
struct Shared {
    Counters *all;
    NamedCountersTable *named;
};

/// Where the next thing may begin that is kept apart from others.
std::uintptr_t aligned(std::uintptr_t address)
{
    return (address + cache_line - 1) / cache_line * cache_line;
}

Shared &shared_in(apr_pool_t *process_pool, std::size_t names)
{
    // The layout is part of the key: after an upgrade another one may be needed.
    const std::string key = "mod_clientcert counters 1 " + std::to_string(sizeof(Counters)) + ' ' +
                            std::to_string(sizeof(NamedCounters)) + ' ' +
                            std::to_string(reason_count);
    void *known = nullptr;
    apr_pool_userdata_get(&known, key.c_str(), process_pool);
    if (known != nullptr)
        return *static_cast<Shared *>(known);
    const auto room = std::max(least_names, 4 * names);
    const auto size = sizeof(Counters) + NamedCountersTable::size_for(room) + 2 * cache_line;
    apr_shm_t *memory = nullptr;
    if (apr_shm_create(&memory, size, nullptr, process_pool) != APR_SUCCESS)
        throw std::runtime_error{"no shared memory for the counters"};
    const auto begin = aligned(reinterpret_cast<std::uintptr_t>(apr_shm_baseaddr_get(memory)));
    const auto behind = aligned(begin + sizeof(Counters));
    auto *shared = static_cast<Shared *>(apr_palloc(process_pool, sizeof(Shared)));
    shared->all = new (reinterpret_cast<void *>(begin)) Counters;
    shared->named = &NamedCountersTable::make_in(reinterpret_cast<void *>(behind), room);
    shared->all->since.set(seconds_of(current_time()));
    apr_pool_userdata_set(shared, key.c_str(), nullptr, process_pool);
    return *shared;
}

}  // namespace

void ServerCounters::share(apr_pool_t *process_pool)
{
    auto &shared = shared_in(process_pool, maps_.size() + lookups_.size() + sources_.size());
    all_ = shared.all;
    configured_ = current_time();
    shared.named->begin_configuration();
    if (const auto left_out = find_all(*shared.named); left_out > 0)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     CCLOGNO(0501) "there is no room for the counters of %" APR_SIZE_T_FMT
                                   " maps, lookups or sources: restart the server (not gracefully)",
                     left_out);
}

/// How many have no room there.
std::size_t ServerCounters::find_all(NamedCountersTable &table)
{
    std::size_t left_out = 0;
    const auto find = [&](Counted &counted, const std::string &name) {
        if (auto *counters = table.find(name))
            counted.counters = counters;
        else
            ++left_out;
    };
    const std::string end(1, '\0');
    for (auto &[name, counted] : maps_)
        find(counted, "map " + name.first + end + name.second);
    for (auto &[name, counted] : lookups_)
        find(counted, "lookup " + name);
    for (auto &[name, counted] : sources_)
        find(counted, "source " + name);
    return left_out;
}

std::string name_of(const server_rec &s)
{
    std::string name = s.server_hostname != nullptr ? s.server_hostname : "?";
    return s.port != 0 ? name + ':' + std::to_string(s.port) : name;
}

MapLookup::Answer CountedLookup::find(const std::string &key, void *context) const
{
    auto answer = lookup_->find(key, context);
    const auto *r = static_cast<const request_rec *>(context);
    if (r != nullptr && hypothesis_of(*r) != nullptr)
        return answer;
    auto &counters = *counted_.counters;
    switch (answer.state) {
    case Answer::State::found:
        counters.hits.add();
        break;
    case Answer::State::absent:
    case Answer::State::several:
        counters.misses.add();
        break;
    case Answer::State::failed:
        counters.errors.add();
        counters.last_error.write(answer.text, current_time());
    }
    return answer;
}

int share_counters(apr_pool_t *pconf, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        Registry::of_configuration(pconf).counters.share(s->process->pool);
    return OK;
}

}  // namespace clientcert::httpd

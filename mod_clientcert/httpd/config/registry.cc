// SPDX-License-Identifier: Apache-2.0
#include "httpd/config/registry.hh"

#include "httpd/barrier.hh"

namespace clientcert::httpd {
namespace {

constexpr const char *key = "mod_clientcert registry";

}  // namespace

Registry *Registry::find(apr_pool_t *pool)
{
    void *registry = nullptr;
    apr_pool_userdata_get(&registry, key, pool);
    return static_cast<Registry *>(registry);
}

Registry &Registry::of_configuration(apr_pool_t *pconf)
{
    if (auto *registry = find(pconf))
        return *registry;
    auto *registry = pool_new<Registry>(pconf);
    registry->user_pattern = *Regex::compile(usual_user_pattern);
    apr_pool_userdata_set(registry, key, nullptr, pconf);
    return *registry;
}

const NumberedVariable *Registry::number(Variable variable)
{
    const auto known = variables_.find(variable.name());
    if (known != variables_.end())
        return &known->second;
    const std::string name = variable.name();
    const std::size_t slot = variable.constant() ? new_text_slot() : no_slot;
    return &variables_.emplace(name, NumberedVariable{std::move(variable), slot}).first->second;
}

void Registry::finish()
{
    nobody_ = std::make_shared<const Client>(std::make_shared<const Evidence>(), Verdict{}, nullptr,
                                             capacity_);
}

const Trust *Registry::add_trust(Trust trust, bool close_revoked)
{
    const auto id = trust.id();
    const auto *known = &trusts_.emplace(id, std::move(trust)).first->second;
    if (close_revoked && known->revocation())
        closing_.insert(known);
    return known;
}

const Trust *Registry::trust_in(const Authorities *authorities, const Trust *host) const
{
    const auto found = trusts_of_directories_.find({authorities, host});
    return found != trusts_of_directories_.end() ? found->second : nullptr;
}

void Registry::add_trusts_of_directories()
{
    std::vector<const Trust *> hosts;
    for (const auto &[id, trust] : trusts_)
        hosts.push_back(&trust);
    for (const auto *authorities : directory_authorities)
        for (const auto *host : hosts)
            trusts_of_directories_[{authorities, host}] =
                add_trust(host->with(authorities->certificates), closes_revoked(host));
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "tool/authorities.hh"
#include "core/openssl.hh"

#include <clientcert/certificate_file.hh>
#include <clientcert/chain.hh>

namespace clientcert::tool {

Result<std::vector<Certificate>> authorities_in(const std::vector<std::string> &paths)
{
    std::vector<Certificate> authorities;
    for (const auto &path : paths) {
        const auto certificates = certificates_in(path);
        if (!certificates)
            return Error{"--ca takes CA certificates in PEM: " + certificates.error()};
        authorities.insert(authorities.end(), certificates->begin(), certificates->end());
    }
    return authorities;
}

Result<std::optional<Trust>> trust_in(const std::vector<std::string> &paths)
{
    if (paths.empty())
        return std::optional<Trust>{};
    const auto authorities = authorities_in(paths);
    if (!authorities)
        return Error{authorities.error()};
    constexpr int deepest = 100;
    return std::optional{Trust{*authorities, {.max_depth = deepest, .chains = true}}};
}

Result<Authorities> Authorities::read(const std::vector<std::string> &paths)
{
    auto certificates = authorities_in(paths);
    if (!certificates)
        return Error{certificates.error()};
    const openssl::StorePtr store{X509_STORE_new()};
    if (!store)
        throw std::bad_alloc{};
    Authorities authorities;
    authorities.certificates_ = *std::move(certificates);
    for (const auto &certificate : authorities.certificates_)
        X509_STORE_add_cert(store.get(), certificate.x509());
    authorities.issuers_.add_trusted(store.get());
    return authorities;
}

std::string Authorities::name_of(const KeyId &key) const
{
    for (const auto &certificate : certificates_)
        if (key_id(certificate.x509()) == key)
            return rfc4514(certificate.subject());
    return {};
}

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// Chains and CRLs for tests of revocation, without any signature.
#pragma once

#include "der.hh"
#include "index_files.hh"
#include "names.hh"
#include "trusts.hh"

#include <clientcert/revocation.hh>

#include <algorithm>

namespace clientcert::test {

inline constexpr std::chrono::hours an_hour{1};

inline Time tomorrow()
{
    return day(2030, 6, 16);
}

inline std::string der_of(const Name &name)
{
    const std::uint8_t *der = nullptr;
    std::size_t size = 0;
    needed(X509_NAME_get0_der(name.get(), &der, &size));
    return {der, der + size};
}

/// A CA or another signer of CRLs, with one of its keys.
struct Party {
    explicit Party(const std::string &name, const std::string &key_name = "")
        : subject{der_of(name_of({{"CN", name}}))}, id{name_id(name_of({{"CN", name}}).get())}
    {
        const Sha256 digest = sha256(octets_of(name + '/' + key_name));
        std::copy_n(digest.begin(), key.size(), key.begin());
    }

    /// A link for what it has issued.
    ChainLink issued(const std::string &serial, const std::string &crl_points = {}) const
    {
        return {id, key, serial, false, crl_points};
    }
    ChainLink issued_ca(const std::string &serial, const std::string &crl_points = {}) const
    {
        return {id, key, serial, true, crl_points};
    }

    std::string directory_name() const { return element(0xa4, subject); }

    std::string subject;
    NameId id;
    KeyId key{};
};

/// A CRL that stands for a day longer, unless a test says otherwise.
struct Crl {
    const Party &issuer;
    std::vector<Entry> entries{};
    std::optional<std::string> number = "\1";
    std::optional<std::string> base_number{};
    Time next_update = tomorrow();
    Time this_update = now() - an_hour;
    CrlScope scope{};
    std::vector<KeyId> anchors{};
    std::vector<ChainLink> path{};

    NewRecord record() const
    {
        TableBuilder table;
        for (const auto &one : entries)
            add(table, one);
        CrlInfo info;
        info.issuer = issuer.subject;
        info.issuer_id = issuer.id;
        info.this_update = this_update;
        info.next_update = next_update;
        info.number = number;
        info.base_number = base_number;
        info.scope = scope;
        return {std::move(info), {issuer.key, anchors, path}, "file", std::move(table)};
    }
};

inline IndexPtr index_of(const std::vector<Crl> &crls)
{
    std::vector<NewRecord> records;
    for (const auto &crl : crls)
        records.push_back(crl.record());
    const File file;
    write(file, std::move(records));
    return mapped(file);
}

inline RevocationStatus status(const VerifiedChain &chain, const std::vector<Crl> &crls,
                               const RevocationPolicy &policy = {}, Time at = now())
{
    const auto forth = check_revocation(chain, *index_of(crls), policy, at);
    const auto back = check_revocation(chain, *index_of({crls.rbegin(), crls.rend()}), policy, at);
    if (forth != back)
        throw std::runtime_error{"the order of the CRLs makes a difference"};
    return forth;
}

inline std::string reason(const VerifiedChain &chain, const std::vector<Crl> &crls,
                          const RevocationPolicy &policy = {}, Time at = now())
{
    return std::string{word(status(chain, crls, policy, at).reason)};
}

/// A scope whose encoding is its own.
inline CrlScope scope_at(std::vector<std::string> names)
{
    CrlScope scope;
    for (const auto &name : names)
        scope.der += name;
    scope.names = std::move(names);
    return scope;
}

}  // namespace clientcert::test

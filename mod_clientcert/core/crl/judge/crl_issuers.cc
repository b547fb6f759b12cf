// SPDX-License-Identifier: Apache-2.0
#include "core/crl/judge/crl_paths.hh"

#include <clientcert/crl_issuers.hh>

#include <algorithm>

namespace clientcert {
namespace {

using Known = KnownCertificates::Known;
using NamePtr = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;

NamePtr parsed(const std::string &der)
{
    const auto *p = octets_of(der).data();
    return NamePtr{d2i_X509_NAME(nullptr, &p, static_cast<long>(der.size()))};
}

/// Whether the CRL may be signed with the certificate's key by what the two say of it.
bool may_be_of(const Known &known, const std::string &authority_key_id)
{
    const auto *id = X509_get0_subject_key_id(known.certificate.x509());
    return authority_key_id.empty() || id == nullptr ||
           std::ranges::equal(openssl::octets_of(id), octets_of(authority_key_id));
}

bool may_sign_crls(const Known &known)
{
    // Where there is no keyUsage, OpenSSL says all of them.
    return (X509_get_key_usage(known.certificate.x509()) & KU_CRL_SIGN) != 0;
}

/// Those of the certificates that have the key of the signature, in their order. A key identifier
/// is a hint: a CA that was certified again with the same key may have got another one.
std::vector<Known> with_key_of(const CrlSignature &signature, const std::vector<Known> &candidates)
{
    const auto key = [](const Known &known) { return X509_get0_pubkey(known.certificate.x509()); };
    const auto first = std::ranges::find_if(candidates, [&](const Known &known) {
        return key(known) != nullptr && signature.verifies(key(known));
    });
    std::vector<Known> signers;
    for (auto known = first; known != candidates.end(); ++known)
        if (key(*known) != nullptr && EVP_PKEY_eq(key(*known), key(*first)) == 1)
            signers.push_back(*known);
    return signers;
}

}  // namespace

struct CrlIssuers::Content {
    KnownCertificates known;
};

CrlIssuers::CrlIssuers() : content_{std::make_unique<Content>()} {}
CrlIssuers::~CrlIssuers() = default;
CrlIssuers::CrlIssuers(CrlIssuers &&) noexcept = default;
CrlIssuers &CrlIssuers::operator=(CrlIssuers &&) noexcept = default;

void CrlIssuers::add_trusted(x509_store_st *store)
{
    content_->known.add_store(store);
}

bool CrlIssuers::add(const Certificate &certificate)
{
    return content_->known.add(certificate);
}

Result<std::optional<Signer>> CrlIssuers::signer_of(const ReadCrl &crl, Time now) const
{
    const openssl::ErrorScope errors;
    const auto name = parsed(crl.info.issuer);
    if (!name)
        return Error{"the issuer of the CRL is no name"};

    auto candidates = content_->known.named(name.get());
    const auto unlikely =
        std::stable_partition(candidates.begin(), candidates.end(), [&crl](const Known &known) {
            return may_be_of(known, crl.info.authority_key_id);
        });
    const bool is_known = unlikely != candidates.begin();
    auto signers = with_key_of(crl.signature, candidates);
    if (signers.empty() && !is_known)
        return std::optional<Signer>{};
    if (signers.empty())
        return Error{described(crl.info) +
                     " is not signed with the key of any known certificate of that name"};
    const KeyId key = key_id(signers.front().certificate.x509());
    std::erase_if(signers, [](const Known &known) { return !may_sign_crls(known); });
    if (signers.empty())
        return Error{described(crl.info) +
                     " is signed by a certificate whose keyUsage has no cRLSign"};

    Paths paths{content_->known, now};
    for (const auto &signer : signers)
        paths.find(signer);
    if (paths.anchors().empty())
        return Error{described(crl.info) + " is signed by a certificate without a path to a " +
                     "trusted one: " + paths.failure()};
    return std::optional{Signer{key, paths.anchors(), paths.links()}};
}

}  // namespace clientcert

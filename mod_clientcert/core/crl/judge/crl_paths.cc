// SPDX-License-Identifier: Apache-2.0
#include "core/crl/judge/crl_paths.hh"

#include <algorithm>
#include <new>

namespace clientcert {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;

constexpr std::size_t longest_path = 16;

bool is_self_signed(const Certificate &certificate)
{
    return X509_self_signed(certificate.x509(), 0) == 1;
}

bool same(const Certificate &a, const Certificate &b)
{
    return X509_cmp(a.x509(), b.x509()) == 0;
}

bool allows_partial_chains(X509_STORE *store)
{
    return (X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(store)) &
            X509_V_FLAG_PARTIAL_CHAIN) != 0;
}

/// As OpenSSL decides it for clients: a certificate may be trusted, or rejected, by what a
/// "BEGIN TRUSTED CERTIFICATE" says.
bool is_anchor(const Certificate &certificate, X509_STORE *store)
{
    switch (X509_check_trust(certificate.x509(), X509_TRUST_SSL_CLIENT, 0)) {
    case X509_TRUST_TRUSTED:
        return true;
    case X509_TRUST_REJECTED:
        return false;
    default:
        return is_self_signed(certificate) || allows_partial_chains(store);
    }
}

openssl::CertificatesPtr trusted_named(X509_STORE *store, const X509_NAME *subject)
{
    const openssl::StoreContextPtr context{X509_STORE_CTX_new()};
    if (!context || X509_STORE_CTX_init(context.get(), store, nullptr, nullptr) != 1)
        throw std::bad_alloc{};
    return openssl::CertificatesPtr{X509_STORE_CTX_get1_certs(context.get(), subject)};
}

/// A certificate that stands there already becomes an anchor where one of the two is.
void add_to(std::vector<KnownCertificates::Known> &known, const KnownCertificates::Known &next)
{
    const auto standing = std::ranges::find_if(
        known, [&next](const auto &one) { return same(one.certificate, next.certificate); });
    if (standing == known.end())
        known.push_back(next);
    else
        standing->anchor = standing->anchor || next.anchor;
}

}  // namespace

void KnownCertificates::add_store(X509_STORE *store)
{
    X509_STORE_up_ref(store);
    stores_.emplace_back(store);
}

bool KnownCertificates::add(const Certificate &certificate)
{
    if (!fingerprints_.insert(certificate.fingerprint()).second)
        return false;
    others_[name_id(certificate.subject())].push_back(certificate);
    return true;
}

std::vector<KnownCertificates::Known> KnownCertificates::named(const X509_NAME *subject) const
{
    std::vector<Known> known;
    for (const auto &store : stores_) {
        const auto trusted = trusted_named(store.get(), subject);
        for (int i = 0; i < sk_X509_num(trusted.get()); ++i) {
            const Certificate certificate{sk_X509_value(trusted.get(), i)};
            add_to(known, {certificate, is_anchor(certificate, store.get())});
        }
    }
    if (const auto others = others_.find(name_id(subject)); others != others_.end())
        for (const auto &certificate : others->second)
            add_to(known, {certificate, false});
    return known;
}

void Paths::find(const KnownCertificates::Known &first)
{
    path_ = {first};
    extend();
}

void Paths::extend()
{
    if (--steps_left_ < 0 || path_.size() > longest_path)
        return;
    const auto last = path_.back();
    if (last.anchor)
        verify();
    if (is_self_signed(last.certificate))
        return;
    for (const auto &issuer : known_.named(last.certificate.issuer())) {
        const bool circle = std::ranges::any_of(path_, [&issuer](const auto &one) {
            return same(one.certificate, issuer.certificate);
        });
        if (circle ||
            X509_check_issued(issuer.certificate.x509(), last.certificate.x509()) != X509_V_OK)
            continue;
        path_.push_back(issuer);
        extend();
        path_.pop_back();
    }
}

/// Whether OpenSSL accepts this very path: it is given nothing else.
void Paths::verify()
{
    const StorePtr store{X509_STORE_new()};
    const openssl::StoreContextPtr context{X509_STORE_CTX_new()};
    const openssl::CertificatesPtr between{sk_X509_new_null()};
    if (!store || !context || !between)
        throw std::bad_alloc{};
    X509_STORE_add_cert(store.get(), path_.back().certificate.x509());
    for (std::size_t i = 1; i + 1 < path_.size(); ++i)
        X509_add_cert(between.get(), path_[i].certificate.x509(), X509_ADD_FLAG_UP_REF);
    if (X509_STORE_CTX_init(context.get(), store.get(), path_.front().certificate.x509(),
                            between.get()) != 1)
        throw std::bad_alloc{};
    auto *parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_trust(parameters, X509_TRUST_SSL_CLIENT);
    X509_VERIFY_PARAM_set_time(parameters, now_.time_since_epoch().count());
    if (!is_self_signed(path_.back().certificate))
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context.get()) != 1) {
        error_ = X509_STORE_CTX_get_error(context.get());
        return;
    }
    const auto chain = VerifiedChain::of(X509_STORE_CTX_get0_chain(context.get()));
    if (std::ranges::find(anchors_, chain.anchor) == anchors_.end())
        anchors_.push_back(chain.anchor);
    if (links_.empty() && path_.size() > 1)
        links_ = chain.links;
}

std::string Paths::failure() const
{
    return X509_verify_cert_error_string(error_);
}

}  // namespace clientcert

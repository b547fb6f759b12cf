// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <clientcert/trust.hh>

#include <algorithm>
#include <new>

namespace clientcert {
namespace {

/// Of a CA certificate or a CRL.
std::string digest(const X509_OBJECT *object)
{
    if (auto *x509 = X509_OBJECT_get0_X509(object)) {
        const Sha256 digest = Certificate{x509}.fingerprint();
        return {digest.begin(), digest.end()};
    }
    std::string digest(sizeof(Sha256), '\0');
    if (auto *crl = X509_OBJECT_get0_X509_CRL(const_cast<X509_OBJECT *>(object)))
        X509_CRL_digest(crl, EVP_sha256(), reinterpret_cast<unsigned char *>(digest.data()),
                        nullptr);
    return digest;
}

/// The policy as text: what is verified under one is not under another.
std::string told(const std::optional<RevocationPolicy> &policy)
{
    if (!policy)
        return "-";
    return std::to_string(static_cast<int>(policy->scope)) + ',' +
           std::to_string(policy->missing_allowed) + ',' +
           std::to_string(static_cast<int>(policy->expired)) + ',' +
           std::to_string(policy->grace.count());
}

/// A digest over the CA certificates, the CRLs and the other settings.
TrustId identity(X509_STORE *store, const Trust::Settings &settings)
{
    std::vector<std::string> digests;
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    digests.reserve(static_cast<std::size_t>(sk_X509_OBJECT_num(objects)));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
        digests.push_back(digest(sk_X509_OBJECT_value(objects, i)));
    std::ranges::sort(digests);  // the order in the store is nobody's setting

    std::string all = std::to_string(settings.max_depth) + ' ' +
                      std::to_string(settings.security_level) + ' ' +
                      std::to_string(X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(store))) +
                      ' ' + told(settings.revocation) + ' ' + std::to_string(settings.chains) +
                      ' ' + settings.others + '\0';
    for (const auto &digest : digests)
        all += digest;
    const Sha256 whole = sha256(octets_of(all));
    TrustId id{};
    std::copy_n(whole.begin(), id.size(), id.begin());
    return id;
}

openssl::CertificatesPtr parsed(const std::vector<std::string> &chain)
{
    openssl::CertificatesPtr certificates{sk_X509_new_null()};
    for (const auto &der : chain) {
        const auto *p = octets_of(der).data();
        openssl::X509Ptr x509{d2i_X509(nullptr, &p, static_cast<long>(der.size()))};
        if (x509 && certificates && sk_X509_push(certificates.get(), x509.get()) > 0)
            static_cast<void>(x509.release());
    }
    return certificates;
}

/// A store with these CA certificates, and the CRLs and checks of `like` where there is one. Each
/// of them is an anchor, whether it is a root or not: who names an issuing CA means that one.
openssl::StorePtr store_with(std::span<const Certificate> authorities, const X509_STORE *like)
{
    openssl::StorePtr store{X509_STORE_new()};
    if (!store)
        throw std::bad_alloc{};
    for (const auto &authority : authorities)
        X509_STORE_add_cert(store.get(), authority.x509());
    if (like != nullptr)
        X509_STORE_set1_param(store.get(), X509_STORE_get0_param(like));
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    if (like == nullptr)
        return store;
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(like);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
        if (auto *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i)))
            X509_STORE_add_crl(store.get(), crl);
    return store;
}

void look_for_crls(X509_STORE *store, const std::string &directory)
{
    auto *lookup =
        directory.empty() ? nullptr : X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    if (lookup != nullptr)
        X509_LOOKUP_add_dir(lookup, directory.c_str(), X509_FILETYPE_PEM);
}

RevocationStatus status_of(const VerifiedChain &chain, const RevocationPolicy &policy, Time now,
                           const CrlIndex *index)
{
    if (index != nullptr && !chain.links.empty())
        return check_revocation(chain, *index, policy, now);
    if (policy.missing_allowed && !chain.links.empty())
        return {};
    return {.reason = Reason::crl_missing};
}

/// What the CRLs make of a verdict that is good so far.
Verdict after_revocation(Verdict verdict, const VerifiedChain &chain, RevocationPolicy policy,
                         Time now, const CrlsInForce &crls)
{
    using Sources = CrlsInForce::Sources;
    const bool final = crls.sources == Sources::read;
    policy.missing_allowed = policy.missing_allowed && final;
    const auto status = status_of(chain, policy, now, crls.index);
    verdict.stands_until = std::min(verdict.stands_until, status.stands_until);
    verdict.undecided = (status.reason == Reason::crl_missing && !final) ||
                        (status.reason != Reason::revoked && crls.sources == Sources::unread);
    if (status.reason != Reason::none || verdict.undecided) {
        verdict.state = Verdict::State::failed;
        verdict.reason = verdict.undecided ? Reason::crl_missing : status.reason;
    }
    return verdict;
}

}  // namespace

Trust::Trust(x509_store_st *store, const Settings &settings) : settings_{settings}
{
    const openssl::ErrorScope errors;
    X509_STORE_up_ref(store);
    store_.reset(store, X509_STORE_free);
    id_ = identity(store, settings);
}

Trust::Trust(std::span<const Certificate> authorities, const Settings &settings)
    : Trust{store_with(authorities, nullptr).get(), settings}
{
}

Trust Trust::with(std::span<const Certificate> authorities) const
{
    return with(authorities, settings_.max_depth);
}

Trust Trust::with(std::span<const Certificate> authorities, int max_depth) const
{
    Settings settings = settings_;
    settings.can_repeat = true;
    settings.max_depth = max_depth;
    const auto store = store_with(authorities, store_.get());
    look_for_crls(store.get(), settings.crl_directory);
    Trust trust{store.get(), settings};
    if (!settings_.can_repeat)
        trust.other_ = this;
    return trust;
}

Trust Trust::with(int max_depth) const
{
    Settings settings = settings_;
    settings.max_depth = max_depth;
    return Trust{store_.get(), settings};
}

namespace {

void note(VerificationTrace *trace, X509_STORE_CTX *context, int error)
{
    if (trace == nullptr)
        return;
    const auto *chain = X509_STORE_CTX_get0_chain(context);
    for (int i = 0; i < sk_X509_num(chain); ++i)
        trace->chain.emplace_back(sk_X509_value(chain, i));
    if (error == X509_V_OK)
        return;
    trace->problem = X509_verify_cert_error_string(error);
    trace->depth = static_cast<std::size_t>(std::max(0, X509_STORE_CTX_get_error_depth(context)));
}

}  // namespace

std::vector<Certificate> Trust::authorities() const
{
    std::vector<Certificate> certificates;
    // With a directory of CAs the store grows while others verify.
    if (X509_STORE_lock(store_.get()) != 1)
        throw std::runtime_error{"the CA certificates cannot be looked at"};
    const std::unique_ptr<X509_STORE, Freed<X509_STORE_unlock>> locked{store_.get()};
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store_.get());
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
        if (auto *x509 = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i)))
            certificates.emplace_back(x509);
    return certificates;
}

Verification Trust::verify(const Evidence &evidence, Time now, VerificationTrace *trace) const
{
    const openssl::ErrorScope errors;
    Verification result{.trust = id_, .x509_error = X509_V_ERR_UNSPECIFIED, .valid_until = now};
    if (!settings_.can_repeat)
        return result;
    const auto untrusted = parsed(evidence.chain_der());
    const openssl::StoreContextPtr context{X509_STORE_CTX_new()};
    if (!evidence.leaf || !context ||
        X509_STORE_CTX_init(context.get(), store_.get(), evidence.leaf->x509(), untrusted.get()) !=
            1 ||
        X509_STORE_CTX_set_default(context.get(), "ssl_client") != 1)
        return result;
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()),
                                     settings_.security_level);
    X509_STORE_CTX_set_time(context.get(), 0, now.time_since_epoch().count());

    if (X509_verify_cert(context.get()) != 1) {
        const int error = X509_STORE_CTX_get_error(context.get());
        result.x509_error = error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
        note(trace, context.get(), result.x509_error);
        return result;
    }
    const auto *chain = X509_STORE_CTX_get0_chain(context.get());
    result.x509_error =
        sk_X509_num(chain) - 1 > settings_.max_depth ? X509_V_ERR_CERT_CHAIN_TOO_LONG : X509_V_OK;
    result.valid_until = earliest_end(chain);
    note(trace, context.get(), result.x509_error);
    if (!keeps_chains())
        return result;
    result.chain = VerifiedChain::of(chain);
    if (settings_.revocation && settings_.on_verified && result.x509_error == X509_V_OK &&
        !evidence.hypothetical)
        settings_.on_verified(*chain, result.chain);
    return result;
}

Time earliest_end(const stack_st_X509 *chain)
{
    Time earliest = Time::max();
    for (int i = 0; i < sk_X509_num(chain); ++i)
        earliest = std::min(earliest, Certificate{sk_X509_value(chain, i)}.not_after());
    return earliest;
}

namespace {

Verdict judge_alone(const Evidence &evidence, const Trust &trust, Time now, const CrlsInForce &crls)
{
    if (!evidence.leaf)
        return {};
    if (!evidence.proven)
        return {Verdict::State::failed, Reason::error};
    // What was not valid yet may be by now.
    const bool known = evidence.verification && evidence.verification->trust == trust.id() &&
                       evidence.verification->x509_error != X509_V_ERR_CERT_NOT_YET_VALID;
    std::optional<Verification> anew;
    const auto &verification =
        known ? *evidence.verification : anew.emplace(trust.verify(evidence, now));
    if (verification.x509_error != X509_V_OK) {
        const Reason reason = reason_of(verification.x509_error, *evidence.leaf);
        return {.state = Verdict::State::failed,
                .reason = reason,
                .stands_until =
                    reason == Reason::not_yet_valid ? now + std::chrono::seconds{1} : Time::max()};
    }
    // notAfter itself is the last second of validity (RFC 5280, 4.1.2.5).
    if (now > verification.valid_until)
        return {Verdict::State::failed, Reason::expired};
    const bool ends = verification.valid_until < Time::max();
    const Verdict good{.state = Verdict::State::success,
                       .stands_until =
                           ends ? verification.valid_until + std::chrono::seconds{1} : Time::max()};
    if (!trust.revocation())
        return good;
    return after_revocation(good, verification.chain, *trust.revocation(), now, crls);
}

}  // namespace

Verdict judge(const Evidence &evidence, const Trust &trust, Time now, const CrlsInForce &crls)
{
    Verdict verdict = judge_alone(evidence, trust, now, crls);
    if (trust.other() == nullptr || !verdict.valid())
        return verdict;
    const Verdict also = judge_alone(evidence, *trust.other(), now, crls);
    if (!also.valid())
        return also;
    verdict.stands_until = std::min(verdict.stands_until, also.stands_until);
    return verdict;
}

}  // namespace clientcert

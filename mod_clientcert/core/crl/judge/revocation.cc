// SPDX-License-Identifier: Apache-2.0
// The algorithm of RFC 5280, 6.3.3, over CRLs whose signatures were verified when they were read.
#include "core/crl/judge/crl_list.hh"
#include "core/crl/judge/distribution_points.hh"

#include <clientcert/revocation.hh>

#include <algorithm>

namespace clientcert {
namespace {

/// Until when a CRL may be used.
Time usable_until(Time next_update, const RevocationPolicy &policy)
{
    switch (policy.expired) {
    case RevocationPolicy::Expired::deny:
        return next_update;
    case RevocationPolicy::Expired::grace:
        return next_update < Time::max() - policy.grace ? next_update + policy.grace : Time::max();
    case RevocationPolicy::Expired::allow:
        break;
    }
    return Time::max();
}

void add(ReasonSet &to, ReasonSet reasons)
{
    to = static_cast<ReasonSet>(to | reasons);
}

/// What a CRL counts for.
enum class Belief {
    nothing,
    revocations,  ///< what it lists is revoked; but it does not say that anything else is good
    all,
};

/// CRLs that tell about a certificate, and the reasons that they tell.
struct Told {
    CrlList list;
    ReasonSet reasons;
    bool covers;  ///< whether what is not listed is good, for those reasons
    enum class Key { own, another, of_another_name } key;  ///< seen from the certificate's issuer
};

Told::Key key_of(const CrlRecord &crl, const ChainLink &link)
{
    if (crl.info.issuer_id != link.issuer)
        return Told::Key::of_another_name;
    return crl.signer.key == link.issuer_key ? Told::Key::own : Told::Key::another;
}

class Judge {
public:
    Judge(const CrlIndex &index, const RevocationPolicy &policy, Time now)
        : index_{index}, policy_{policy}, now_{now}
    {
    }

    /// Of one certificate in a chain to that trust anchor.
    Reason status(const ChainLink &link, const KeyId &anchor,
                  std::vector<CrlOpinion> *opinions = nullptr);

    /// What was said stands until then.
    Time stands_until() const { return stands_until_; }

private:
    Reason status_by(const std::vector<Told> &told, const ChainLink &link);
    Belief belief_in(const CrlRecord &crl, const ChainLink &link, const KeyId &anchor);
    Belief belief_in(const Signer &signer, const KeyId &anchor);
    bool has_come(Time moment);

    const CrlIndex &index_;
    const RevocationPolicy &policy_;
    Time now_;
    Time stands_until_ = Time::max();
    std::vector<KeyId> asked_;  ///< signers whose own status is being looked up
    int paths_left_ = 64;       ///< CRLs that depend on each other may not take forever
};

/// Every CRL that may tell about a certificate.
std::vector<CrlRecord> crls_for(const CrlIndex &index, const ChainLink &link,
                                const std::vector<DistributionPoint> &points)
{
    auto crls = index.of_issuer(link.issuer);
    std::vector<NameId> issuers{link.issuer};
    for (const auto &point : points)
        for (const auto &issuer : point.issuers) {
            if (std::ranges::find(issuers, issuer) != issuers.end())
                continue;
            issuers.push_back(issuer);
            std::ranges::move(index.of_issuer(issuer), std::back_inserter(crls));
        }
    return crls;
}

CrlOpinion opinion(const CrlRecord &crl, const ChainLink &link, bool expired)
{
    CrlOpinion opinion{.source = crl.source,
                       .issuer = printed_issuer(crl.info),
                       .number = crl.info.number ? printed_number(*crl.info.number) : "",
                       .is_delta = crl.info.is_delta(),
                       .this_update = crl.info.this_update,
                       .next_update = crl.info.next_update,
                       .expired = expired};
    opinion.entry = entry_of(crl, link);
    if (opinion.entry)
        opinion.says = opinion.entry->reason == CrlReason::remove_from_crl
                           ? CrlOpinion::Says::removed
                           : CrlOpinion::Says::revoked;
    return opinion;
}

CrlOpinion::Says says_of(const CrlOpinion &opinion, ReasonSet reasons, Belief belief)
{
    if (reasons == 0)
        return CrlOpinion::Says::other_scope;
    return belief == Belief::nothing ? CrlOpinion::Says::not_believed : opinion.says;
}

Reason Judge::status(const ChainLink &link, const KeyId &anchor, std::vector<CrlOpinion> *opinions)
{
    const auto points = distribution_points(octets_of(link.crl_points));
    const auto crls = crls_for(index_, link, points);
    std::vector<Told> told;
    for (const auto &crl : crls) {
        const ReasonSet reasons = reasons_told(crl.info, link, points);
        const auto belief = reasons != 0 ? belief_in(crl, link, anchor) : Belief::nothing;
        if (opinions != nullptr) {
            const bool expired = now_ >= usable_until(crl.info.next_update, policy_);
            auto &last = opinions->emplace_back(opinion(crl, link, expired));
            last.says = says_of(last, reasons, belief);
        }
        if (belief == Belief::nothing)
            continue;
        const bool covers = belief == Belief::all;
        const auto same = std::ranges::find_if(told, [&crl, covers](const Told &one) {
            return one.covers == covers && one.list.takes(crl);
        });
        if (same == told.end())
            told.push_back({CrlList{crl}, reasons, covers, key_of(crl, link)});
        else
            same->list.add(crl);
    }
    return status_by(told, link);
}

/// A CA with a CRL for each of its keys lists the certificates of one key in one of them: what the
/// CRL of the certificate's own key covered before it expired, that of another key does not.
Reason Judge::status_by(const std::vector<Told> &told, const ChainLink &link)
{
    ReasonSet good = 0;
    ReasonSet good_by_another_key = 0;
    ReasonSet expired = 0;
    ReasonSet expired_of_own_key = 0;
    bool revoked = false;
    for (const auto &[list, reasons, covers, key] : told) {
        revoked = revoked || list.revokes(link, now_);
        has_come(list.removals_end());
        if (!list.is_complete() || !covers)
            continue;
        if (has_come(usable_until(list.next_update(), policy_))) {
            add(expired, reasons);
            if (key == Told::Key::own)
                add(expired_of_own_key, reasons);
        } else {
            add(key == Told::Key::another ? good_by_another_key : good, reasons);
        }
    }
    const unsigned open = all_reasons & ~(good | (good_by_another_key & ~expired_of_own_key));
    if (revoked)
        return Reason::revoked;
    if ((open & expired) != 0)
        return Reason::crl_expired;
    return open == 0 || policy_.missing_allowed ? Reason::none : Reason::crl_missing;
}

/// (f): the certificate's own issuer is believed. Any other signer has to belong to the same trust
/// anchor, and must not be revoked itself.
Belief Judge::belief_in(const CrlRecord &crl, const ChainLink &link, const KeyId &anchor)
{
    const auto &signer = crl.signer;
    if (crl.info.issuer_id == link.issuer && signer.key == link.issuer_key)
        return Belief::all;
    if (std::ranges::find(signer.anchors, anchor) == signer.anchors.end())
        return Belief::nothing;
    return signer.key == anchor ? Belief::all : belief_in(signer, anchor);
}

/// Where the status of a signer is not known (its CRL is missing or expired, or too many others
/// have to be asked), what it has revoked stays so: no CRL may take that back by expiring. A signer
/// may be the only one who tells about itself: where its own CRL does not list it, it is good.
Belief Judge::belief_in(const Signer &signer, const KeyId &anchor)
{
    constexpr std::size_t deepest = 4;
    if (std::ranges::find(asked_, signer.key) != asked_.end())
        return Belief::all;
    if (asked_.size() == deepest || --paths_left_ < 0)
        return Belief::revocations;
    asked_.push_back(signer.key);
    auto belief = Belief::all;
    for (const auto &link : signer.path) {
        const Reason reason = status(link, anchor);
        if (reason == Reason::revoked)
            belief = Belief::nothing;
        // With scope=leaf nobody has to provide CRLs about CAs.
        else if (reason != Reason::none && policy_.scope != RevocationPolicy::Scope::leaf)
            belief = std::min(belief, Belief::revocations);
    }
    asked_.pop_back();
    return belief;
}

bool Judge::has_come(Time moment)
{
    if (now_ < moment)
        stands_until_ = std::min(stands_until_, moment);
    return now_ >= moment;
}

}  // namespace

RevocationStatus check_revocation(const VerifiedChain &chain, const CrlIndex &index,
                                  const RevocationPolicy &policy, Time now, RevocationTrace *trace)
{
    if (chain.links.empty())  // no chain of OpenSSL's: nothing is known of the leaf
        return {Reason::crl_missing, Time::max(), 0};
    Judge judge{index, policy, now};
    const std::size_t links =
        policy.scope == RevocationPolicy::Scope::leaf ? 1 : chain.links.size();
    RevocationStatus status;
    for (std::size_t i = 0; i < links && status.reason != Reason::revoked; ++i) {
        std::vector<CrlOpinion> *opinions =
            trace != nullptr ? &trace->emplace_back().crls : nullptr;
        const Reason reason = judge.status(chain.links[i], chain.anchor, opinions);
        if (trace != nullptr)
            trace->back().reason = reason;
        const bool first = status.reason == Reason::none && reason != Reason::none;
        if (first || reason == Reason::revoked)
            status = {reason, Time::max(), i};
    }
    status.stands_until = judge.stands_until();
    return status;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/intake.hh"

#include <algorithm>

namespace clientcert {
namespace {

// How much the clocks of CA and server may differ.
constexpr std::chrono::minutes skew{5};

ShortDigest short_digest(std::string_view octets)
{
    const auto digest = sha256(octets_of(octets));
    ShortDigest half{};
    std::copy_n(digest.begin(), half.size(), half.begin());
    return half;
}

std::string text_of(const auto &digest)
{
    return {digest.begin(), digest.end()};
}

CrlId id_of(const CrlSignature &signature)
{
    // The lengths keep the parts apart.
    return short_digest(std::to_string(signature.value.size()) + ' ' +
                        std::to_string(signature.digest.size()) + ' ' + signature.value +
                        signature.digest + signature.to_be_signed);
}

void judge(ReadCrl crl, const CrlIssuers &issuers, Time now, Intake &intake)
{
    auto result = examined(crl, issuers, now);
    if (auto *objection = std::get_if<Objection>(&result))
        intake.refused.push_back({objection->why, slot_of(crl.info), crl.info.issuer_id,
                                  crl.info.this_update - skew, std::move(objection->message)});
    else
        intake.taken.push_back({id_of(crl.signature),
                                {std::move(crl.info), std::get<Signer>(std::move(result)),
                                 std::string{}, std::move(crl.entries)}});
}

}  // namespace

ShortDigest slot_of(const CrlInfo &info)
{
    return short_digest(text_of(info.issuer_id) + (info.is_delta() ? 'd' : 'c') + info.scope.der);
}

ShortDigest group_of(const CrlInfo &info, const Signer &signer)
{
    return short_digest(text_of(slot_of(info)) + text_of(signer.key));
}

std::optional<Objection> objection_to_dates(const CrlInfo &info, Time now)
{
    if (info.this_update - skew <= now)
        return std::nullopt;
    return Objection{RefusedCrl::Why::not_yet,
                     described(info) + " is of " + rfc3339(info.this_update) +
                         ", which is still to come, and waits until then"};
}

std::variant<Signer, Objection> examined(const ReadCrl &crl, const CrlIssuers &issuers, Time now)
{
    using Why = RefusedCrl::Why;
    auto signer = issuers.signer_of(crl, now);
    if (!signer)
        return Objection{Why::signer, signer.error()};
    if (!*signer)
        return Objection{
            Why::unknown_issuer,
            described(crl.info) +
                " waits until its issuer's certificate is known: from a client's chain, "
                "the CA file or ClientCertCRLIssuer"};
    if (auto objection = objection_to_dates(crl.info, now))
        return *std::move(objection);
    return **std::move(signer);
}

Result<Intake> take_in(OctetSource &octets, std::uint64_t max_size, const CrlIssuers &issuers,
                       Time now)
{
    Intake intake;
    CrlReader reader{octets, max_size};
    for (;;) {
        auto crl = reader.next();
        if (!crl)
            return Error{crl.error()};
        auto next = *std::move(crl);
        if (!next)
            return intake;
        judge(std::move(*next), issuers, now, intake);
    }
}

}  // namespace clientcert

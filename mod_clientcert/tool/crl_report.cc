// SPDX-License-Identifier: Apache-2.0
#include "tool/crl_report.hh"
#include "core/crl/keeper/intake.hh"
#include "core/openssl.hh"

#include <algorithm>
#include <map>

namespace clientcert::tool {
namespace {

using Use = CrlReport::Use;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Freed<X509_ALGOR_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;

std::string printed_algorithm(const std::string &der)
{
    const openssl::ErrorScope errors;
    const auto *p = octets_of(der).data();
    const AlgorithmPtr algorithm{d2i_X509_ALGOR(nullptr, &p, static_cast<long>(der.size()))};
    if (!algorithm)
        return "unknown";
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm.get());
    const int nid = OBJ_obj2nid(object);
    return nid == NID_undef ? openssl::dotted(object) : OBJ_nid2ln(nid);
}

std::optional<long> life_over(const CrlInfo &info, Time now)
{
    if (info.next_update == Time::max() || info.next_update <= info.this_update)
        return std::nullopt;
    const double life = static_cast<double>((info.next_update - info.this_update).count());
    const double over = static_cast<double>((now - info.this_update).count());
    return static_cast<long>(1000 * over / life);
}

void look_up(CrlReport &report, TableBuilder entries, const Asked &asked)
{
    const bool others = asked.issuer && *asked.issuer != report.info.issuer_id;
    report.about_asked = !others || report.info.scope.indirect;
    if (!report.about_asked)
        return;
    std::vector<std::uint8_t> octets(entries.size());
    std::move(entries).write(octets);
    if (const auto table = Table::in(octets))
        report.revoked = table->find(octets_of(asked.serial), others ? &*asked.issuer : nullptr);
}

void object(CrlReport &report, const Objection &objection)
{
    report.use = objection.why == RefusedCrl::Why::signer ? Use::refused : Use::waiting;
    report.why = objection.message;
}

void judge(CrlReport &report, const ReadCrl &crl, const Authorities *authorities, Time now)
{
    report.use = now >= crl.info.next_update ? Use::overdue : Use::in_force;
    if (!authorities) {
        if (const auto objection = objection_to_dates(crl.info, now))
            object(report, *objection);
        else if (report.use == Use::in_force)
            report.use = Use::unknown;
        return;
    }
    const auto &issuers = authorities->issuers();
    const auto result = examined(crl, issuers, now);
    if (const auto *objection = std::get_if<Objection>(&result))
        object(report, *objection);
    if (const auto signer = issuers.signer_of(crl, now); signer && *signer)
        report.signer = authorities->name_of((*signer)->key);
}

}  // namespace

Result<Asked> Asked::parse(std::string_view serial, const std::optional<std::string> &issuer)
{
    std::string digits{serial.starts_with("0x") ? serial.substr(2) : serial};
    if (digits.size() % 2 == 1 && digits.find(':') == digits.npos)
        digits.insert(0, 1, '0');
    const auto octets = from_hex(digits);
    if (!octets || octets->empty())
        return Error{quoted(serial) + " is no serial number: hexadecimal digits are expected"};
    // As DER has it: no superfluous octets, and positive.
    Asked asked{octets->substr(std::min(octets->find_first_not_of('\0'), octets->size() - 1)), {}};
    if ((static_cast<std::uint8_t>(asked.serial.front()) & 0x80) != 0)
        asked.serial.insert(0, 1, '\0');
    if (issuer) {
        const auto name = DistinguishedName::parse(*issuer);
        if (!name)
            return Error{name.error()};
        asked.issuer = name_id(name->get());
    }
    return asked;
}

std::string Asked::printed() const
{
    const auto octets = octets_of(serial);
    return upper_hex(octets.subspan(octets.size() > 1 && octets[0] == 0 ? 1 : 0));
}

CrlReport CrlReport::of(ReadCrl crl, const Authorities *authorities, const Asked *asked, Time now)
{
    CrlReport report{};
    judge(report, crl, authorities, now);
    report.algorithm = printed_algorithm(crl.signature.algorithm);
    report.life_over = tool::life_over(crl.info, now);
    report.info = std::move(crl.info);
    if (asked)
        look_up(report, std::move(crl.entries), *asked);
    return report;
}

bool Report::revoked() const
{
    std::map<NameId, bool> complete;
    std::map<NameId, bool> delta;
    for (const auto &crl : crls)
        if (crl.revoked && crl.counts())
            (crl.info.is_delta() ? delta : complete)[crl.info.issuer_id] |=
                crl.revoked->reason != CrlReason::remove_from_crl;
    complete.merge(delta);
    for (const auto &[issuer, is_revoked] : delta)  // what is left: had an entry in both
        complete[issuer] = is_revoked;
    return std::ranges::any_of(complete, [](const auto &entry) { return entry.second; });
}

CrlReport::Use Report::use() const
{
    auto gravest = Use::in_force;
    for (const auto &crl : crls)
        gravest = std::max(gravest, crl.use);
    return gravest;
}

const char *reason_name(CrlReason reason)
{
    switch (reason) {
    case CrlReason::unspecified:
        return "unspecified";
    case CrlReason::key_compromise:
        return "keyCompromise";
    case CrlReason::ca_compromise:
        return "cACompromise";
    case CrlReason::affiliation_changed:
        return "affiliationChanged";
    case CrlReason::superseded:
        return "superseded";
    case CrlReason::cessation_of_operation:
        return "cessationOfOperation";
    case CrlReason::certificate_hold:
        return "certificateHold";
    case CrlReason::remove_from_crl:
        return "removeFromCRL";
    case CrlReason::privilege_withdrawn:
        return "privilegeWithdrawn";
    case CrlReason::aa_compromise:
        return "aACompromise";
    }
    return "unknown";
}

std::vector<std::string> reason_names(ReasonSet reasons)
{
    // In the order of ReasonFlags, from bit 1 on.
    constexpr CrlReason flags[] = {
        CrlReason::key_compromise,         CrlReason::ca_compromise,
        CrlReason::affiliation_changed,    CrlReason::superseded,
        CrlReason::cessation_of_operation, CrlReason::certificate_hold,
        CrlReason::privilege_withdrawn,    CrlReason::aa_compromise,
    };
    std::vector<std::string> names;
    int bit = 1;
    for (const auto reason : flags)
        if ((reasons >> bit++ & 1) != 0)
            names.emplace_back(reason_name(reason));
    return names;
}

std::string printed_general_name(const std::string &der)
{
    const openssl::ErrorScope errors;
    const auto *p = octets_of(der).data();
    const GeneralNamePtr name{d2i_GENERAL_NAME(nullptr, &p, static_cast<long>(der.size()))};
    if (name && name->type == GEN_URI) {
        const auto text = openssl::octets_of(name->d.uniformResourceIdentifier);
        return "URI " + quoted({reinterpret_cast<const char *>(text.data()), text.size()});
    }
    return name && name->type == GEN_DIRNAME ? "directory name " + rfc4514(name->d.directoryName)
                                             : "other name";
}

}  // namespace clientcert::tool

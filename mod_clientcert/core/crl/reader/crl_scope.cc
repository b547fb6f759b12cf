// SPDX-License-Identifier: Apache-2.0
// The issuingDistributionPoint (RFC 5280, 5.2.5).
#include "core/crl/reader/extensions.hh"

#include "core/crl/reader/der.hh"
#include "core/openssl.hh"

namespace clientcert {
namespace {

using PointPtr = std::unique_ptr<ISSUING_DIST_POINT, Freed<ISSUING_DIST_POINT_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;

constexpr std::string_view malformed = "its issuingDistributionPoint is malformed";

std::optional<std::string> der_of(GENERAL_NAME *name)
{
    std::uint8_t *der = nullptr;
    const int length = i2d_GENERAL_NAME(name, &der);
    const std::unique_ptr<std::uint8_t, decltype([](void *p) { OPENSSL_free(p); })> owned{der};
    if (length <= 0)
        return std::nullopt;
    return std::string{der, der + length};
}

/// The directoryName of `issuer` with one more RelativeDistinguishedName.
std::optional<std::string> directory_name_of(DIST_POINT_NAME *relative, const std::string &issuer)
{
    const auto *p = octets_of(issuer).data();
    const NamePtr base{d2i_X509_NAME(nullptr, &p, static_cast<long>(issuer.size()))};
    if (!base || sk_X509_NAME_ENTRY_num(relative->name.relativename) < 1 ||
        DIST_POINT_set_dpname(relative, base.get()) != 1)
        return std::nullopt;
    const GeneralNamePtr name{GENERAL_NAME_new()};
    X509_NAME *directory_name = X509_NAME_dup(relative->dpname);
    if (!name || directory_name == nullptr) {
        X509_NAME_free(directory_name);
        return std::nullopt;
    }
    GENERAL_NAME_set0_value(name.get(), GEN_DIRNAME, directory_name);
    return der_of(name.get());
}

std::optional<std::vector<std::string>> names_of(DIST_POINT_NAME *point, const std::string &issuer)
{
    std::vector<std::string> names;
    if (point == nullptr)
        return names;
    if (point->type == 1) {
        auto name = directory_name_of(point, issuer);
        if (!name)
            return std::nullopt;
        names.push_back(*std::move(name));
        return names;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(point->name.fullname); ++i) {
        auto name = der_of(sk_GENERAL_NAME_value(point->name.fullname, i));
        if (!name)
            return std::nullopt;
        names.push_back(*std::move(name));
    }
    if (names.empty())
        return std::nullopt;
    return names;
}

ReasonSet reasons_of(const ASN1_BIT_STRING *reasons)
{
    if (reasons == nullptr)
        return all_reasons;
    ReasonSet set = 0;
    for (int bit = 1; bit <= 8; ++bit) {
        if (ASN1_BIT_STRING_get_bit(reasons, bit) == 1)
            set = static_cast<ReasonSet>(set | 1U << bit);
    }
    return set;
}

}  // namespace

Result<CrlScope> scope_of(Octets value, const std::string &issuer)
{
    const openssl::ErrorScope errors;
    const auto *p = value.data();
    const PointPtr point{d2i_ISSUING_DIST_POINT(nullptr, &p, static_cast<long>(value.size()))};
    if (!point || p != value.data() + value.size() || !der::is_well_formed(value))
        return Error{std::string{malformed}};
    constexpr std::size_t empty_size = 2;
    if (value.size() == empty_size)
        return Error{"its issuingDistributionPoint is empty"};
    CrlScope scope;
    scope.only_user_certs = point->onlyuser > 0;
    scope.only_ca_certs = point->onlyCA > 0;
    scope.only_attribute_certs = point->onlyattr > 0;
    scope.indirect = point->indirectCRL > 0;
    scope.reasons = reasons_of(point->onlysomereasons);
    scope.der.assign(value.begin(), value.end());
    if (scope.only_user_certs + scope.only_ca_certs + scope.only_attribute_certs > 1)
        return Error{"its issuingDistributionPoint contradicts itself: only certificates of users, "
                     "only those of CAs and only attribute certificates exclude each other"};
    if (scope.reasons == 0)
        return Error{"its issuingDistributionPoint has onlySomeReasons without any reason"};
    auto names = names_of(point->distpoint, issuer);
    if (!names)
        return Error{std::string{malformed}};
    scope.names = *std::move(names);
    return scope;
}

}  // namespace clientcert

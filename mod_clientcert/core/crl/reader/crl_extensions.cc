// SPDX-License-Identifier: Apache-2.0
// Extensions of the CRL itself (RFC 5280, 5.2).
#include "core/crl/reader/extensions.hh"

#include "core/crl/reader/der.hh"
#include "core/openssl.hh"

namespace clientcert {
namespace {

constexpr std::string_view id_ce_crl_number = "\x55\x1d\x14";
constexpr std::string_view id_ce_delta_crl_indicator = "\x55\x1d\x1b";
constexpr std::string_view id_ce_issuing_distribution_point = "\x55\x1d\x1c";
constexpr std::string_view id_ce_authority_key_identifier = "\x55\x1d\x23";

// Without the sign, which is not counted (5.2.3).
constexpr std::size_t longest_number = 20;

/// A CRLNumber; zero is one octet.
std::optional<std::string> number_of(Octets value)
{
    der::Reader reader{value};
    auto contents = reader.next(der::integer);
    if (!contents || !reader.at_end() || !der::is_shortest_integer(*contents) ||
        contents->front() >= 0x80)
        return std::nullopt;
    if (contents->size() > 1 && contents->front() == 0)
        contents = contents->subspan(1);
    if (contents->size() > longest_number)
        return std::nullopt;
    return std::string{contents->begin(), contents->end()};
}

using KeyIdPtr = std::unique_ptr<AUTHORITY_KEYID, Freed<AUTHORITY_KEYID_free>>;

/// Its keyIdentifier, empty where it has none.
std::optional<std::string> key_identifier_of(Octets value)
{
    const openssl::ErrorScope errors;
    const auto *p = value.data();
    const KeyIdPtr id{d2i_AUTHORITY_KEYID(nullptr, &p, static_cast<long>(value.size()))};
    if (!id || p != value.data() + value.size() || !der::is_well_formed(value))
        return std::nullopt;
    if (id->keyid == nullptr)
        return std::string{};
    const Octets octets = openssl::octets_of(id->keyid);
    return std::string{octets.begin(), octets.end()};
}

/// Nothing where it was read.
std::optional<Error> read(const Extension &extension, CrlInfo &info)
{
    if (extension.oid == id_ce_crl_number) {
        info.number = number_of(extension.value);
        if (!info.number)
            return Error{"its cRLNumber is no number from 0 to 2^160 - 1"};
    } else if (extension.oid == id_ce_delta_crl_indicator) {
        info.base_number = number_of(extension.value);
        if (!info.base_number)
            return Error{"its deltaCRLIndicator is no number from 0 to 2^160 - 1"};
    } else if (extension.oid == id_ce_authority_key_identifier) {
        auto identifier = key_identifier_of(extension.value);
        if (!identifier)
            return Error{"its authorityKeyIdentifier is malformed"};
        info.authority_key_id = std::move(*identifier);
    } else if (extension.oid == id_ce_issuing_distribution_point) {
        auto scope = scope_of(extension.value, info.issuer);
        if (!scope)
            return Error{scope.error()};
        info.scope = *std::move(scope);
    } else if (extension.is_critical) {
        return Error{"it has " + unknown_extension(extension).message};
    }
    return std::nullopt;
}

}  // namespace

Result<CrlInfo> with_extensions(CrlInfo info, Octets list)
{
    ExtensionReader reader{list};
    while (const auto extension = reader.next()) {
        if (auto error = read(*extension, info))
            return *std::move(error);
    }
    if (reader.trouble() != nullptr)
        return Error{std::string{"its extensions "} + reader.trouble()};
    if (info.is_delta() && !info.number)
        return Error{"it is a delta CRL and has no cRLNumber"};
    return info;
}

}  // namespace clientcert

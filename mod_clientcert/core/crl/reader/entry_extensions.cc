// SPDX-License-Identifier: Apache-2.0
// Extensions of entries (RFC 5280, 5.3).
#include "core/crl/reader/extensions.hh"

#include "core/crl/reader/der.hh"
#include "core/crl/reader/time.hh"
#include "core/openssl.hh"

#include <algorithm>

namespace clientcert {
namespace {

constexpr std::string_view id_ce_crl_reasons = "\x55\x1d\x15";
constexpr std::string_view id_ce_invalidity_date = "\x55\x1d\x18";
constexpr std::string_view id_ce_certificate_issuer = "\x55\x1d\x1d";

// A reasonCode up to its value: what most entries that have extensions have, and no more.
constexpr auto reason_alone =
    std::to_array<std::uint8_t>({0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01});

/// Contents of the ENUMERATED.
std::optional<CrlReason> reason_of(Octets contents)
{
    constexpr std::uint8_t highest = 10;
    constexpr std::uint8_t not_used = 7;
    if (contents.size() != 1 || contents.front() > highest || contents.front() == not_used)
        return std::nullopt;
    return CrlReason{contents.front()};
}

/// The contents of the only element in `der`.
std::optional<Octets> only(std::uint8_t tag, Octets der)
{
    der::Reader reader{der};
    const auto contents = reader.next(tag);
    return reader.at_end() ? contents : std::nullopt;
}

bool is_date(Octets value)
{
    const auto contents = only(der::generalized_time, value);
    return contents && der::TimeReader{}.read(der::generalized_time, *contents);
}

}  // namespace

Result<EntryExtensions> entry_extensions(Octets list)
{
    if (list.size() == reason_alone.size() + 1 &&
        std::equal(reason_alone.begin(), reason_alone.end(), list.begin())) {
        if (const auto reason = reason_of(list.last(1)))
            return EntryExtensions{*reason, {}};
    }
    EntryExtensions found;
    ExtensionReader reader{list};
    while (const auto extension = reader.next()) {
        if (extension->oid == id_ce_crl_reasons) {
            const auto value = only(der::enumerated, extension->value);
            const auto reason = value ? reason_of(*value) : std::nullopt;
            if (!reason)
                return Error{"a reasonCode that does not exist"};
            found.reason = *reason;
        } else if (extension->oid == id_ce_certificate_issuer) {
            if (!only(der::sequence, extension->value))
                return Error{"a certificateIssuer that is malformed"};
            found.certificate_issuer = extension->value;
        } else if (extension->oid == id_ce_invalidity_date) {
            if (!is_date(extension->value))
                return Error{"an invalidityDate that is malformed"};
        } else if (extension->is_critical) {
            return unknown_extension(*extension);
        }
    }
    if (reader.trouble() != nullptr)
        return Error{std::string{"extensions that "} + reader.trouble()};
    return found;
}

std::optional<std::string> directory_name_of(Octets certificate_issuer)
{
    const openssl::ErrorScope errors;
    const auto *p = certificate_issuer.data();
    const auto size = static_cast<long>(certificate_issuer.size());
    if (!der::is_well_formed(certificate_issuer))
        return std::nullopt;
    const openssl::GeneralNamesPtr names{d2i_GENERAL_NAMES(nullptr, &p, size)};
    std::optional<std::string> found;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DIRNAME)
            continue;
        const unsigned char *der = nullptr;
        std::size_t length = 0;
        if (found || X509_NAME_get0_der(name->d.directoryName, &der, &length) != 1)
            return std::nullopt;
        found.emplace(reinterpret_cast<const char *>(der), length);
    }
    return found;
}

}  // namespace clientcert

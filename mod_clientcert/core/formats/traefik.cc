// SPDX-License-Identifier: Apache-2.0
// The two headers of Traefik's middleware PassTLSClientCert, with every piece of information that
// it can be told to give.
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"
#include "core/openssl.hh"

#include <algorithm>

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;

constexpr std::string_view names[] = {"X-Forwarded-Tls-Client-Cert"};

std::string cert(const Client &client)
{
    std::string list;
    for (const auto &der : presented_der(client))
        (list += list.empty() ? "" : ",") += base64(octets_of(der));
    return list;
}

/// Traefik escapes nothing in a value, so that a name with `"` or `,` in it passes for further
/// fields. Here these are %XX: whoever decodes the field once finds its structure intact.
std::string value(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        const auto octet = static_cast<std::uint8_t>(c);
        if (std::string_view{"%\",;=\\"}.find(c) != std::string_view::npos || octet < 0x20 ||
            octet == 0x7f)
            (escaped += '%') += upper_hex({&octet, 1});
        else
            escaped += c;
    }
    return escaped;
}

void add(std::string &list, const std::string &item)
{
    (list += list.empty() ? "" : ",") += item;
}

struct Part {
    std::string_view type;
    std::string_view label;
    bool singular;  ///< Go keeps the last one only
    bool of_issuer = true;
};

/// In this order, whatever that of the name is; it may begin with a DC.
constexpr Part parts[] = {
    {"DC", "DC", false},
    {"C", "C", false},
    {"ST", "ST", false},
    {"L", "L", false},
    {"O", "O", false},
    {"OU", "OU", false, false},
    {"serialNumber", "SN", true},
    {"CN", "CN", true},
};

std::string name(const X509_NAME *name, bool is_issuer)
{
    std::string list;
    for (const auto &part : parts) {
        if (is_issuer && !part.of_issuer)
            continue;
        const auto values = attribute_values(name, *attribute_named(part.type));
        for (std::size_t i = part.singular && !values.empty() ? values.size() - 1 : 0;
             i < values.size(); ++i)
            if (!values[i].empty())
                add(list, std::string{part.label} + '=' + value(values[i]));
    }
    return list;
}

std::string decimal_serial(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    const openssl::BignumPtr number{
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.x509()), nullptr)};
    const std::unique_ptr<char, decltype([](void *p) { OPENSSL_free(p); })> text{
        number ? BN_bn2dec(number.get()) : nullptr};
    return text ? text.get() : "";
}

/// As Traefik does it: without a sign, whatever the year.
std::string seconds(Time time)
{
    return std::to_string(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

std::string alternative_names(const Certificate &certificate)
{
    std::string list;
    const auto all = certificate.subject_alt_names();
    for (const auto type : {SanType::dns, SanType::email, SanType::ip, SanType::uri})
        for (const auto &one : all)
            if (one.type == type)
                add(list, value(one.text));
    return list;
}

/// Empty fields are left out.
std::string information(const Certificate &certificate)
{
    std::string fields;
    const auto field = [&](std::string_view key, const std::string &text) {
        if (!text.empty())
            ((((fields += fields.empty() ? "" : ";") += key) += "=\"") += text) += '"';
    };
    field("Subject", name(certificate.subject(), false));
    field("Issuer", name(certificate.issuer(), true));
    field("SerialNumber", decimal_serial(certificate));
    field("NB", seconds(certificate.not_before()));
    field("NA", seconds(certificate.not_after()));
    field("SAN", alternative_names(certificate));
    return fields;
}

/// Go's url.QueryEscape.
std::string query_escaped(std::string_view text)
{
    static constexpr OctetSet kept{
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~ "};
    std::string escaped = percent_encoded(text, kept);
    std::ranges::replace(escaped, ' ', '+');
    return escaped;
}

std::string info(const Client &client)
{
    std::string list = information(*client.certificate());
    for (const auto &der : client.evidence().chain_der())
        if (const auto certificate = certificate_of_der(der))
            add(list, information(*certificate));
    return query_escaped(list);
}

/// Before version 3 Traefik percent-encoded the base64, which has no percent signs of its own.
Result<Certificates> read(std::span<const std::optional<std::string_view>> values,
                          HeaderReader::Hop)
{
    const auto decoded = percent_decoded(values[0].value_or(""));
    if (!decoded)
        return Error{decoded.error()};
    Certificates certificates;
    std::string_view rest = *decoded;
    for (bool more = !rest.empty(); more;) {
        if (certificates.size() == longest_chain)
            return too_many_certificates();
        const auto comma = rest.find(',');
        auto certificate = certificate_of_base64(rest.substr(0, comma));
        if (!certificate)
            return Error{certificate.error()};
        certificates.push_back(*std::move(certificate));
        more = comma != rest.npos;
        rest.remove_prefix(more ? comma + 1 : rest.size());
    }
    return certificates;
}

}  // namespace

constinit const HeaderField traefik_fields[] = {
    {names[0], if_valid<cert>, false},
    {"X-Forwarded-Tls-Client-Cert-Info", if_valid<info>, false},
};

constinit const HeaderReader traefik_reader{names, read, false};

}  // namespace clientcert::formats

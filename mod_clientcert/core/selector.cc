// SPDX-License-Identifier: Apache-2.0
#include "core/ascii.hh"
#include "core/certificate_value.hh"

#include <clientcert/client.hh>
#include <clientcert/selector.hh>

#include <algorithm>
#include <array>

namespace clientcert {
namespace {

struct NamedType {
    std::string_view name;
    SanType type;
};

constexpr auto san_types = std::to_array<NamedType>({
    {"email", SanType::email},
    {"dns", SanType::dns},
    {"uri", SanType::uri},
    {"ip", SanType::ip},
    {"upn", SanType::upn},
});

const NamedType *find_san_type(std::string_view name)
{
    const auto *found = std::ranges::find(san_types, name, &NamedType::name);
    return found == san_types.end() ? nullptr : found;
}

std::vector<CertificateValue> one(std::string text)
{
    return {{std::move(text), true}};
}

/// An empty name is none.
std::vector<CertificateValue> one(const X509_NAME *name)
{
    if (X509_NAME_entry_count(name) == 0)
        return {};
    return {value_of(name)};
}

std::vector<CertificateValue> attributes(const X509_NAME *name, const std::string &oid)
{
    std::vector<CertificateValue> values;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const auto *entry = X509_NAME_get_entry(name, i);
        if (openssl::oid_of(X509_NAME_ENTRY_get_object(entry)) == oid)
            values.push_back(value_of(X509_NAME_ENTRY_get_data(entry)));
    }
    return values;
}

/// "CN=Some CA,O=Example;01AB": no ';' stands unescaped in a name of RFC 4514.
std::vector<CertificateValue> issuer_and_serial(const Certificate &certificate)
{
    auto values = one(certificate.issuer());
    for (auto &value : values)
        value.text += ';' + upper_hex_serial(certificate);
    return values;
}

std::vector<CertificateValue> key_identifier(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    const auto *identifier = X509_get0_subject_key_id(certificate.x509());
    if (identifier == nullptr)
        return {};
    return one(lower_hex(openssl::octets_of(identifier)));
}

openssl::GeneralNamesPtr alternative_names(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    return openssl::GeneralNamesPtr{static_cast<GENERAL_NAMES *>(
        X509_get_ext_d2i(certificate.x509(), NID_subject_alt_name, nullptr, nullptr))};
}

/// The string of an alternative name of that type, null where it has no octets of its own.
const ASN1_STRING *string_of(const GENERAL_NAME &name, SanType type)
{
    switch (type) {
    case SanType::email:
        return name.type == GEN_EMAIL ? name.d.rfc822Name : nullptr;
    case SanType::dns:
        return name.type == GEN_DNS ? name.d.dNSName : nullptr;
    case SanType::uri:
        return name.type == GEN_URI ? name.d.uniformResourceIdentifier : nullptr;
    default:
        return nullptr;
    }
}

std::vector<CertificateValue> strings(const Certificate &certificate, SanType type)
{
    const auto names = alternative_names(certificate);
    std::vector<CertificateValue> values;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
        if (const auto *string = string_of(*sk_GENERAL_NAME_value(names.get(), i), type))
            values.push_back(value_of(string));
    return values;
}

/// Addresses in numbers, which have nothing to escape.
std::vector<CertificateValue> addresses(const Certificate &certificate)
{
    std::vector<CertificateValue> values;
    for (auto &name : certificate.subject_alt_names())
        if (name.type == SanType::ip)
            values.push_back({std::move(name.text), name.usable});
    return values;
}

std::vector<CertificateValue> directory_names(const Certificate &certificate)
{
    const auto names = alternative_names(certificate);
    std::vector<CertificateValue> values;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
        if (const auto *name = sk_GENERAL_NAME_value(names.get(), i); name->type == GEN_DIRNAME)
            values.push_back(value_of(name->d.directoryName));
    return values;
}

/// Of otherNames; a value that is no string counts, and has no text.
std::vector<CertificateValue> other_names(const Certificate &certificate, std::string_view oid,
                                          bool utf8_alone)
{
    const auto names = alternative_names(certificate);
    std::vector<CertificateValue> values;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto *name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_OTHERNAME || openssl::oid_of(name->d.otherName->type_id) != oid)
            continue;
        const auto &value = *name->d.otherName->value;
        const bool is_string = value.type == V_ASN1_UTF8STRING ||
                               (!utf8_alone && value.type != V_ASN1_BOOLEAN &&
                                value.type != V_ASN1_NULL && value.type != V_ASN1_OBJECT);
        values.push_back(is_string ? value_of(value.value.asn1_string)
                                   : CertificateValue{{}, false});
    }
    return values;
}

/// [MS-WCCE] 2.2.2.7.7.1: szOID_NT_PRINCIPAL_NAME, a UTF8String.
constexpr std::string_view principal_name = "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03";

std::vector<CertificateValue> alternative_names(const Certificate &certificate, SanType type)
{
    if (type == SanType::ip)
        return addresses(certificate);
    if (type == SanType::upn)
        return other_names(certificate, principal_name, true);
    return strings(certificate, type);
}

}  // namespace

Result<SanType> san_type_named(std::string_view name)
{
    if (const auto *row = find_san_type(name))
        return row->type;
    return Error{quoted(name) + " is no kind of alternative name: email, dns, uri, ip and upn are"};
}

std::string_view word(SanType type)
{
    const auto *row = std::ranges::find(san_types, type, &NamedType::type);
    return row != san_types.end() ? row->name : "dns-srv";
}

struct Selector::NamedKind {
    std::string_view name;
    Kind kind;
};

constexpr Selector::NamedKind Selector::kinds_[] = {
    {"dn", Kind::dn},
    {"issuer-serial", Kind::issuer_serial},
    {"serial", Kind::serial},
    {"fingerprint-sha256", Kind::fingerprint},
    {"spki-sha256", Kind::spki},
    {"ski", Kind::ski},
    {"eku", Kind::eku},
    {"policy", Kind::policy},
};

Result<Selector> Selector::parse_alternative_name(std::string_view text, std::string_view type)
{
    if (type == "dirname")
        return Selector{text, Kind::directory_name};
    if (const auto *row = find_san_type(type))
        return Selector{text, Kind::san, {}, row->type};
    if (!type.empty() && is_digit(type.front()))
        if (auto oid = attribute_named(type))
            return Selector{text, Kind::other_name, *std::move(oid)};
    return Error{quoted(type) + " is no kind of alternative name: email, dns, uri, ip, upn and "
                                "dirname are, and the dotted OID of an otherName such as "
                                "1.3.6.1.5.5.7.8.9"};
}

Result<Selector> Selector::parse(std::string_view text)
{
    for (const auto &row : kinds_)
        if (row.name == text)
            return Selector{text, row.kind};
    const auto colon = text.find(':');
    const auto what = text.substr(0, colon);
    const auto which = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    if (what == "san" && colon != text.npos)
        return parse_alternative_name(text, which);
    if ((what == "subject" || what == "issuer") && colon != text.npos) {
        auto oid = attribute_named(which);
        const auto kind = what == "subject" ? Kind::subject : Kind::issuer;
        return oid ? Result{Selector{text, kind, *std::move(oid)}} : Error{oid.error()};
    }
    std::string known = "subject:ATTRIBUTE, issuer:ATTRIBUTE, san:TYPE";
    for (const auto &row : kinds_)
        known += (row.kind == Kind::policy ? " and " : ", ") + std::string{row.name};
    return Error{quoted(text) + " selects nothing: " + known + " do"};
}

std::vector<CertificateValue> Selector::unescaped_values(const Certificate &certificate) const
{
    switch (kind_) {
    case Kind::subject:
        return attributes(certificate.subject(), oid_);
    case Kind::issuer:
        return attributes(certificate.issuer(), oid_);
    case Kind::san:
        return alternative_names(certificate, san_);
    case Kind::directory_name:
        return directory_names(certificate);
    case Kind::other_name:
        return other_names(certificate, oid_, false);
    case Kind::dn:
        return one(certificate.subject());
    case Kind::issuer_serial:
        return issuer_and_serial(certificate);
    case Kind::serial:
        return one(upper_hex_serial(certificate));
    case Kind::fingerprint:
        return one(lower_hex(certificate.fingerprint()));
    case Kind::spki:
        return one(lower_hex(certificate.spki_fingerprint()));
    case Kind::ski:
        return key_identifier(certificate);
    case Kind::eku:
    case Kind::policy:
        break;
    }
    return {};
}

std::vector<std::string> Selector::values(const Client &client) const
{
    const auto *certificate = client.certificate();
    if (certificate == nullptr)
        return {};
    std::vector<std::string> values;
    switch (kind_) {
    case Kind::subject:
        return attribute_values(certificate->subject(), oid_);
    case Kind::issuer:
        return attribute_values(certificate->issuer(), oid_);
    case Kind::eku:
        return certificate->extended_key_usages();
    case Kind::policy:
        return certificate->policies();
    case Kind::san:
        for (const auto &name : client.subject_alt_names())
            if (name.type == san_)
                values.push_back(name.text);
        return values;
    default:
        break;
    }
    for (auto &value : unescaped_values(*certificate))
        values.push_back(std::move(value.text));
    return values;
}

}  // namespace clientcert

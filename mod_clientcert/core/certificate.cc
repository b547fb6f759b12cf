// SPDX-License-Identifier: Apache-2.0
#include "core/asn1_text.hh"

#include <clientcert/certificate.hh>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace clientcert {
namespace {

// RFC 4985, appendix A; OpenSSL has no name for it.
constexpr std::string_view id_on_dns_srv = "\x2b\x06\x01\x05\x05\x07\x08\x07";

template <auto Encode, typename T>
std::string encoded(const T *object)
{
    const openssl::ErrorScope errors;
    std::uint8_t *der = nullptr;
    const int length = Encode(object, &der);
    const std::unique_ptr<std::uint8_t, decltype([](void *p) { OPENSSL_free(p); })> owned{der};
    if (length <= 0)
        throw std::runtime_error{"OpenSSL cannot encode a certificate"};
    return {reinterpret_cast<const char *>(der), static_cast<std::size_t>(length)};
}

Time time_of(const ASN1_TIME *time)
{
    std::tm tm{};
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return Time{};
    return Time{std::chrono::seconds{timegm(&tm)}};
}

std::string address(Octets octets)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (octets.size() == 4)
        inet_ntop(AF_INET, octets.data(), text, sizeof text);
    else if (octets.size() == 16)
        inet_ntop(AF_INET6, octets.data(), text, sizeof text);
    return text;
}

void add(std::vector<SubjectAltName> &names, SanType type, const ASN1_STRING *value)
{
    names.push_back({type, text_of(value), !has_control_character(value)});
}

/// One whose value is of another string type counts, and has no text.
void add_other_name(std::vector<SubjectAltName> &names, const OTHERNAME &other)
{
    const bool is_upn = OBJ_obj2nid(other.type_id) == NID_ms_upn;
    if (!is_upn && openssl::oid_of(other.type_id) != id_on_dns_srv)
        return;
    const auto type = is_upn ? SanType::upn : SanType::dns_srv;
    if (other.value->type == (is_upn ? V_ASN1_UTF8STRING : V_ASN1_IA5STRING))
        add(names, type, other.value->value.asn1_string);
    else
        names.push_back({type, {}, false});
}

void add(std::vector<SubjectAltName> &names, const GENERAL_NAME &name)
{
    switch (name.type) {
    case GEN_EMAIL:
        return add(names, SanType::email, name.d.rfc822Name);
    case GEN_DNS:
        return add(names, SanType::dns, name.d.dNSName);
    case GEN_URI:
        return add(names, SanType::uri, name.d.uniformResourceIdentifier);
    case GEN_OTHERNAME:
        return add_other_name(names, *name.d.otherName);
    case GEN_IPADD:
        if (auto text = address(openssl::octets_of(name.d.iPAddress)); !text.empty())
            names.push_back({SanType::ip, std::move(text), true});
        return;
    default:
        return;
    }
}

/// mod_ssl's second way, for extensions that OpenSSL has no printer for: a string as it is.
std::optional<std::string> string_in(const ASN1_OCTET_STRING *value)
{
    const auto *p = ASN1_STRING_get0_data(value);
    openssl::StringPtr string{d2i_DISPLAYTEXT(nullptr, &p, ASN1_STRING_length(value))};
    const auto bio = openssl::memory();
    if (!string || !bio ||
        ASN1_STRING_print_ex(bio.get(), string.get(), ASN1_STRFLGS_UTF8_CONVERT) < 0)
        return std::nullopt;
    return openssl::contents(bio);
}

/// A NUL, where OpenSSL and httpd take the text to end, is written \00.
std::optional<std::string> printed(X509_EXTENSION *extension)
{
    auto string = string_in(X509_EXTENSION_get_data(extension));
    if (string && string->find('\0') != string->npos) {
        for (auto at = string->find('\0'); at != string->npos; at = string->find('\0', at))
            string->replace(at, 1, "\\00");
        return string;
    }
    const auto bio = openssl::memory();
    return bio && X509V3_EXT_print(bio.get(), extension, 0, 0) == 1
               ? std::optional{openssl::contents(bio)}
               : string;
}

}  // namespace

Certificate::Certificate(x509_st *x509)
{
    X509_up_ref(x509);
    x509_.reset(x509, X509_free);
}

const X509_name_st *Certificate::subject() const
{
    return X509_get_subject_name(x509());
}

const X509_name_st *Certificate::issuer() const
{
    return X509_get_issuer_name(x509());
}

std::string Certificate::der() const
{
    return encoded<i2d_X509>(x509());
}

std::string Certificate::pem() const
{
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    if (!bio || PEM_write_bio_X509(bio.get(), x509()) != 1)
        throw std::runtime_error{"OpenSSL cannot write a certificate"};
    return openssl::contents(bio);
}

Sha256 Certificate::fingerprint() const
{
    return sha256(octets_of(der()));
}

std::string Certificate::mark() const
{
    const ASN1_BIT_STRING *signature = nullptr;
    X509_get0_signature(&signature, nullptr, x509());
    const Octets octets = openssl::octets_of(signature);
    const Octets tail = octets.last(std::min(octets.size(), mark_size));
    std::string mark(mark_size - tail.size(), '\0');
    mark.append(tail.begin(), tail.end());
    return mark;
}

Sha256 Certificate::spki_fingerprint() const
{
    return sha256(octets_of(encoded<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(x509()))));
}

std::string Certificate::serial() const
{
    const ASN1_INTEGER *number = X509_get0_serialNumber(x509());
    const Octets octets = openssl::octets_of(number);
    // Up to there OpenSSL breaks no line.
    if (ASN1_STRING_type(number) == V_ASN1_INTEGER && !octets.empty() && octets.size() <= 35)
        return upper_hex(octets);
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    if (!bio)
        throw std::bad_alloc{};
    i2a_ASN1_INTEGER(bio.get(), number);
    return openssl::contents(bio);
}

Time Certificate::not_before() const
{
    return time_of(X509_get0_notBefore(x509()));
}

Time Certificate::not_after() const
{
    return time_of(X509_get0_notAfter(x509()));
}

std::vector<SubjectAltName> Certificate::subject_alt_names() const
{
    const openssl::ErrorScope errors;
    const openssl::GeneralNamesPtr extension{static_cast<GENERAL_NAMES *>(
        X509_get_ext_d2i(x509(), NID_subject_alt_name, nullptr, nullptr))};
    std::vector<SubjectAltName> names;
    for (int i = 0; i < sk_GENERAL_NAME_num(extension.get()); ++i)
        add(names, *sk_GENERAL_NAME_value(extension.get(), i));
    return names;
}

std::vector<std::string> Certificate::extended_key_usages() const
{
    const openssl::ErrorScope errors;
    const openssl::ExtendedKeyUsagePtr extension{static_cast<EXTENDED_KEY_USAGE *>(
        X509_get_ext_d2i(x509(), NID_ext_key_usage, nullptr, nullptr))};
    std::vector<std::string> usages;
    for (int i = 0; i < sk_ASN1_OBJECT_num(extension.get()); ++i) {
        const auto *usage = sk_ASN1_OBJECT_value(extension.get(), i);
        if (const int nid = OBJ_obj2nid(usage); nid != NID_undef)
            usages.emplace_back(OBJ_nid2sn(nid));
        usages.push_back(openssl::dotted(usage));
    }
    return usages;
}

std::vector<std::string> Certificate::policies() const
{
    const openssl::ErrorScope errors;
    const openssl::CertificatePoliciesPtr extension{static_cast<CERTIFICATEPOLICIES *>(
        X509_get_ext_d2i(x509(), NID_certificate_policies, nullptr, nullptr))};
    std::vector<std::string> policies;
    policies.reserve(static_cast<std::size_t>(std::max(sk_POLICYINFO_num(extension.get()), 0)));
    for (int i = 0; i < sk_POLICYINFO_num(extension.get()); ++i)
        policies.push_back(openssl::dotted(sk_POLICYINFO_value(extension.get(), i)->policyid));
    return policies;
}

std::vector<std::string> Certificate::extensions(const std::string &name) const
{
    const openssl::ErrorScope errors;
    const openssl::ObjectPtr wanted{OBJ_txt2obj(name.c_str(), 0)};
    std::vector<std::string> texts;
    for (int i = 0; wanted && i < X509_get_ext_count(x509()); ++i) {
        auto *extension = X509_get_ext(x509(), i);
        if (OBJ_cmp(X509_EXTENSION_get_object(extension), wanted.get()) != 0)
            continue;
        if (auto text = printed(extension))
            texts.push_back(*std::move(text));
    }
    return texts;
}

std::string upper_hex_serial(const Certificate &certificate)
{
    std::string serial = certificate.serial();
    std::erase_if(serial, [](char c) { return c == '\\' || c == '\n'; });
    return serial;
}

std::string rfc3339(Time time)
{
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm tm{};
    std::array<char, sizeof "-2147481748-01-01T00:00:00Z"> text{};
    if (gmtime_r(&seconds, &tm) == nullptr)
        return {};
    // strftime writes the year 1 in one digit.
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace clientcert

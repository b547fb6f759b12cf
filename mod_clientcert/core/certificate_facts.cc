// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <clientcert/certificate_facts.hh>
#include <clientcert/name.hh>
#include <clientcert/selector.hh>

#include <openssl/ec.h>

#include <algorithm>
#include <array>

namespace clientcert {
namespace {

using Texts = std::vector<std::string>;
using DistPointsPtr = std::unique_ptr<CRL_DIST_POINTS, Freed<CRL_DIST_POINTS_free>>;
using AccessPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, Freed<AUTHORITY_INFO_ACCESS_free>>;

/// The parsed value of an extension, or null.
template <typename Pointer>
Pointer extension(const Certificate &certificate, int nid)
{
    return Pointer{static_cast<typename Pointer::pointer>(
        X509_get_ext_d2i(certificate.x509(), nid, nullptr, nullptr))};
}

std::string sha1(const Certificate &certificate)
{
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    X509_digest(certificate.x509(), EVP_sha1(), digest.data(), &size);
    return lower_hex({digest.data(), size});
}

struct Usage {
    std::uint32_t bit;
    const char *name;
};

constexpr Usage usages[] = {
    {KU_DIGITAL_SIGNATURE, "digitalSignature"},
    {KU_NON_REPUDIATION, "nonRepudiation"},
    {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
    {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
    {KU_KEY_AGREEMENT, "keyAgreement"},
    {KU_KEY_CERT_SIGN, "keyCertSign"},
    {KU_CRL_SIGN, "cRLSign"},
    {KU_ENCIPHER_ONLY, "encipherOnly"},
    {KU_DECIPHER_ONLY, "decipherOnly"},
};

/// (RFC 5280, 4.2.1.3)
Texts key_usages(const Certificate &certificate)
{
    Texts names;
    if ((X509_get_extension_flags(certificate.x509()) & EXFLAG_KUSAGE) == 0)
        return names;
    const auto bits = X509_get_key_usage(certificate.x509());
    for (const auto &[bit, name] : usages)
        if ((bits & bit) != 0)
            names.emplace_back(name);
    return names;
}

std::string key_identifier(const ASN1_OCTET_STRING *octets)
{
    return octets != nullptr ? lower_hex(openssl::octets_of(octets)) : std::string{};
}

Texts one(std::string text)
{
    return text.empty() ? Texts{} : Texts{std::move(text)};
}

/// As Require clientcert-san takes them.
Texts alternative_names(const Certificate &certificate)
{
    Texts names;
    for (const auto &name : certificate.subject_alt_names())
        names.push_back(std::string{word(name.type)} + ':' + name.text);
    return names;
}

void add_url(Texts &urls, const GENERAL_NAME *name)
{
    if (name->type != GEN_URI)
        return;
    const auto octets = openssl::octets_of(name->d.uniformResourceIdentifier);
    urls.emplace_back(octets.begin(), octets.end());
}

Texts crl_urls(const Certificate &certificate)
{
    Texts urls;
    const auto points = extension<DistPointsPtr>(certificate, NID_crl_distribution_points);
    for (int i = 0; points && i < sk_DIST_POINT_num(points.get()); ++i) {
        const auto *point = sk_DIST_POINT_value(points.get(), i)->distpoint;
        if (point == nullptr || point->type != 0)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(point->name.fullname); ++j)
            add_url(urls, sk_GENERAL_NAME_value(point->name.fullname, j));
    }
    return urls;
}

/// (RFC 5280, 4.2.2.1)
Texts access_urls(const Certificate &certificate, int method)
{
    Texts urls;
    const auto all = extension<AccessPtr>(certificate, NID_info_access);
    for (int i = 0; all && i < sk_ACCESS_DESCRIPTION_num(all.get()); ++i) {
        const auto *description = sk_ACCESS_DESCRIPTION_value(all.get(), i);
        if (OBJ_obj2nid(description->method) == method)
            add_url(urls, description->location);
    }
    return urls;
}

std::string authority(const Certificate &certificate)
{
    if (X509_check_ca(certificate.x509()) == 0)
        return "no";
    const long path = X509_get_pathlen(certificate.x509());
    return path < 0 ? "yes" : "yes, with " + std::to_string(path) + " more below it at most";
}

/// Those that another fact is made of.
constexpr int told_already[] = {
    NID_authority_key_identifier,
    NID_basic_constraints,
    NID_certificate_policies,
    NID_crl_distribution_points,
    NID_ext_key_usage,
    NID_info_access,
    NID_key_usage,
    NID_subject_alt_name,
    NID_subject_key_identifier,
};

std::string name_of(const ASN1_OBJECT *object)
{
    const int nid = OBJ_obj2nid(object);
    return nid != NID_undef ? OBJ_nid2sn(nid) : openssl::dotted(object);
}

/// As OpenSSL prints it, on one line; otherwise its octets.
std::string printed_value(X509_EXTENSION *extension)
{
    const auto bio = openssl::memory();
    if (!bio || X509V3_EXT_print(bio.get(), extension, X509V3_EXT_DEFAULT, 0) != 1)
        return lower_hex(openssl::octets_of(X509_EXTENSION_get_data(extension)));
    std::string text = openssl::contents(bio);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::vector<X509_EXTENSION *> extensions(const Certificate &certificate)
{
    std::vector<X509_EXTENSION *> all;
    for (int i = 0; i < X509_get_ext_count(certificate.x509()); ++i)
        all.push_back(X509_get_ext(certificate.x509(), i));
    return all;
}

Texts critical_extensions(const Certificate &certificate)
{
    Texts names;
    for (auto *one : extensions(certificate))
        if (X509_EXTENSION_get_critical(one) == 1)
            names.push_back(name_of(X509_EXTENSION_get_object(one)));
    return names;
}

Texts other_extensions(const Certificate &certificate)
{
    Texts texts;
    for (auto *one : extensions(certificate)) {
        auto *object = X509_EXTENSION_get_object(one);
        if (std::ranges::find(told_already, OBJ_obj2nid(object)) == std::end(told_already))
            texts.push_back(name_of(object) + ": " + printed_value(one));
    }
    return texts;
}

void add_selectors(Texts &selectors, const std::string &of, const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const auto *type = X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i));
        const auto *attribute = attribute_of(type);
        auto selector = of + (attribute != nullptr ? std::string{attribute->short_name}
                                                   : openssl::dotted(type));
        if (std::ranges::find(selectors, selector) == selectors.end())
            selectors.push_back(std::move(selector));
    }
}

}  // namespace

std::string label_of(const Fact &fact)
{
    std::string label = fact.name;
    std::ranges::replace(label, '_', ' ');
    return label;
}

std::string printed_key(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    auto *key = X509_get0_pubkey(certificate.x509());
    if (key == nullptr)
        return "of a kind that OpenSSL does not know";
    const char *type = EVP_PKEY_get0_type_name(key);
    std::string text = type != nullptr ? type : "?";
    std::array<char, 80> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1)
        text += std::string{" "} + group.data();
    return text + ", " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
}

std::string signature_algorithm(const Certificate &certificate)
{
    const X509_ALGOR *algorithm = nullptr;
    X509_get0_signature(nullptr, &algorithm, certificate.x509());
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    const int nid = OBJ_obj2nid(object);
    return nid != NID_undef ? OBJ_nid2ln(nid) : openssl::dotted(object);
}

std::vector<std::string> attribute_selectors(const Certificate &certificate)
{
    Texts selectors;
    add_selectors(selectors, "subject:", certificate.subject());
    add_selectors(selectors, "issuer:", certificate.issuer());
    return selectors;
}

std::vector<Fact> facts_of(const Certificate &certificate)
{
    const openssl::ErrorScope errors;
    auto *x509 = certificate.x509();
    return {
        {"subject", {rfc4514(certificate.subject())}, false},
        {"issuer", {rfc4514(certificate.issuer())}, false},
        {"serial", {upper_hex_serial(certificate)}, false},
        {"not_before", {rfc3339(certificate.not_before())}, false},
        {"not_after", {rfc3339(certificate.not_after())}, false},
        {"version", {std::to_string(X509_get_version(x509) + 1)}, false},
        {"key", {printed_key(certificate)}, false},
        {"signature", {signature_algorithm(certificate)}, false},
        {"ca", {authority(certificate)}, false},
        {"key_usage", key_usages(certificate), true},
        {"extended_key_usage", certificate.extended_key_usages(), true},
        {"policies", certificate.policies(), true},
        {"alternative_names", alternative_names(certificate), true},
        {"sha256", {lower_hex(certificate.fingerprint())}, false},
        {"sha1", {sha1(certificate)}, false},
        {"spki_sha256", {lower_hex(certificate.spki_fingerprint())}, false},
        {"subject_key", one(key_identifier(X509_get0_subject_key_id(x509))), false},
        {"authority_key", one(key_identifier(X509_get0_authority_key_id(x509))), false},
        {"crl_urls", crl_urls(certificate), true},
        {"ocsp_urls", access_urls(certificate, NID_ad_OCSP), true},
        {"issuer_urls", access_urls(certificate, NID_ad_ca_issuers), true},
        {"other_extensions", other_extensions(certificate), true},
        {"critical_extensions", critical_extensions(certificate), true},
    };
}

}  // namespace clientcert

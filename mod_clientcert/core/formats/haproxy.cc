// SPDX-License-Identifier: Apache-2.0
// The header names of HAProxy's manual ("ssl_c_verify" and the like), with the values of its
// sample fetches. The manual has them as %{+Q}[...], but HAProxy puts no quotes into headers.
#include "core/asn1_text.hh"
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"

namespace clientcert::formats {
namespace {

using Certificates = std::vector<Certificate>;

constexpr std::string_view names[] = {"X-SSL-CERT"};

std::string short_name(const ASN1_OBJECT *type)
{
    const int nid = OBJ_obj2nid(type);
    return nid == NID_undef ? openssl::dotted(type) : OBJ_nid2sn(nid);
}

/// A slash is written \2F where it could begin another attribute, in a value with an equals sign.
std::string value_in_line(const ASN1_STRING *string)
{
    std::string text = text_of(string);
    if (text.find('=') == text.npos)
        return text;
    std::string escaped;
    for (const char c : text)
        c == '/' ? escaped += "\\2F" : escaped += c;
    return escaped;
}

/// "/C=DE/O=Example/CN=Alice"
std::string in_one_line(const X509_NAME *name)
{
    std::string line;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const auto *entry = X509_NAME_get_entry(name, i);
        line += '/' + short_name(X509_NAME_ENTRY_get_object(entry)) + '=' +
                value_in_line(X509_NAME_ENTRY_get_data(entry));
    }
    return line;
}

/// YYMMDDhhmmssZ; as in HAProxy, nothing for a year that does not begin with 20.
std::string short_time(const ASN1_TIME *time)
{
    const Octets octets = openssl::octets_of(time);
    std::string text{octets.begin(), octets.end()};
    const bool is_long = ASN1_STRING_type(time) == V_ASN1_GENERALIZEDTIME;
    if (text.find_first_not_of("0123456789Z") != text.npos || text.size() < (is_long ? 12 : 10) ||
        (is_long ? !text.starts_with("20") : text.front() >= '5'))
        return {};
    return is_long ? text.substr(2) : text;
}

std::optional<std::string> is_ssl(const Client &client)
{
    return came_by_tls(client) ? "1" : "0";
}

/// 0 without a certificate, too.
std::optional<std::string> verify(const Client &client)
{
    return std::to_string(x509_error_of(client.verdict().reason));
}

std::string subject(const Certificate &certificate)
{
    return in_one_line(certificate.subject());
}

std::string issuer(const Certificate &certificate)
{
    return in_one_line(certificate.issuer());
}

std::string common_name(const Certificate &certificate)
{
    const auto values = attribute_values(certificate.subject(), attribute_with_tag("CN")->oid);
    return values.empty() ? "" : values.front();
}

std::string not_before(const Certificate &certificate)
{
    return short_time(X509_get0_notBefore(certificate.x509()));
}

std::string not_after(const Certificate &certificate)
{
    return short_time(X509_get0_notAfter(certificate.x509()));
}

std::string sha1(const Certificate &certificate)
{
    return upper_hex(sha1_of(certificate));
}

std::string cert(const Certificate &certificate)
{
    return base64(octets_of(certificate.der()));
}

/// With quotes or without: some say that there are some.
Result<Certificates> read(std::span<const std::optional<std::string_view>> values,
                          HeaderReader::Hop)
{
    std::string_view value = values[0].value_or("");
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    if (value.empty())
        return Certificates{};
    auto certificate = certificate_of_base64(value);
    return certificate ? Result<Certificates>{Certificates{*std::move(certificate)}}
                       : Error{certificate.error()};
}

}  // namespace

constinit const HeaderField haproxy_fields[] = {
    {"X-SSL", is_ssl, false},
    {"X-SSL-Client-Verify", verify, false},
    {"X-SSL-Client-DN", if_valid<subject>, false},
    {"X-SSL-Client-CN", if_valid<common_name>, false},
    {"X-SSL-Issuer", if_valid<issuer>, false},
    {"X-SSL-Client-NotBefore", if_valid<not_before>, false},
    {"X-SSL-Client-NotAfter", if_valid<not_after>, false},
    {"X-SSL-Client-SHA1", if_valid<sha1>, false},
    {names[0], if_valid<cert>, false},
};

constinit const HeaderReader haproxy_reader{names, read, false};

}  // namespace clientcert::formats

// SPDX-License-Identifier: Apache-2.0
// Octets of a chain: its anchor, the number of links, and link by link the fields in their order.
// Those of no fixed size stand behind their size. A number is one octet, or 255 and four where that
// is not enough.
#include "core/openssl.hh"

#include <clientcert/certificate.hh>
#include <clientcert/chain.hh>

#include <algorithm>

namespace clientcert {
namespace {

constexpr std::size_t wide = 0xff;  // what an octet cannot say

void put(std::string &octets, const std::array<std::uint8_t, 16> &id)
{
    octets.append(reinterpret_cast<const char *>(id.data()), id.size());
}

void put(std::string &octets, std::size_t number)
{
    octets += static_cast<char>(std::min(number, wide));
    if (number >= wide)
        for (const int shift : {24, 16, 8, 0})
            octets += static_cast<char>(number >> shift & 0xff);
}

void put(std::string &octets, std::string_view field)
{
    put(octets, field.size());
    octets += field;
}

/// Takes fields off the front. `whole` tells at the end whether all were there.
class Fields {
public:
    explicit Fields(std::string_view octets) : rest_{octets} {}

    std::array<std::uint8_t, 16> id()
    {
        std::array<std::uint8_t, 16> id{};
        const auto octets = take(id.size());
        std::ranges::copy(octets_of(octets), id.begin());
        return id;
    }

    std::size_t number()
    {
        std::size_t number = big_endian(1);
        if (number < wide)
            return number;
        number = big_endian(4);
        whole_ = whole_ && number >= wide;  // there is one way to write a number
        return number;
    }

    std::string string() { return std::string{take(number())}; }

    bool boolean()
    {
        const auto value = big_endian(1);
        whole_ = whole_ && value <= 1;
        return value == 1;
    }

    bool whole() const { return whole_; }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view take(std::size_t size)
    {
        whole_ = whole_ && size <= rest_.size();
        if (!whole_)
            return {};
        const auto field = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return field;
    }

    std::size_t big_endian(std::size_t octets)
    {
        std::size_t number = 0;
        for (const char c : take(octets))
            number = number << 8 | static_cast<std::uint8_t>(c);
        return number;
    }

    std::string_view rest_;
    bool whole_ = true;
};

ChainLink take_link(Fields &fields)
{
    ChainLink link{};
    link.issuer = fields.id();
    link.issuer_key = fields.id();
    link.serial = fields.string();
    link.is_ca = fields.boolean();
    link.crl_points = fields.string();
    return link;
}

/// The contents of an INTEGER, out of the object that OpenSSL has made of it.
std::string contents(const ASN1_INTEGER *number)
{
    const Octets magnitude = openssl::octets_of(number);
    if (ASN1_STRING_type(number) == V_ASN1_INTEGER && !magnitude.empty() && magnitude[0] < 0x80)
        return {magnitude.begin(), magnitude.end()};
    const int length = i2d_ASN1_INTEGER(number, nullptr);
    if (length <= 0)
        return {};
    std::string der(static_cast<std::size_t>(length), '\0');
    auto *end = reinterpret_cast<std::uint8_t *>(der.data());
    i2d_ASN1_INTEGER(number, &end);
    const auto first = static_cast<std::uint8_t>(der[1]);
    return der.substr(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

std::string crl_points_of(const X509 *x509)
{
    const int index = X509_get_ext_by_NID(x509, NID_crl_distribution_points, -1);
    if (index < 0)
        return {};
    const auto value = openssl::octets_of(X509_EXTENSION_get_data(X509_get_ext(x509, index)));
    return {value.begin(), value.end()};
}

ChainLink link_of(X509 *x509, const KeyId &issuer_key)
{
    return {name_id(X509_get_issuer_name(x509)), issuer_key, contents(X509_get0_serialNumber(x509)),
            (X509_get_extension_flags(x509) & EXFLAG_CA) != 0, crl_points_of(x509)};
}

}  // namespace

KeyId key_id(const x509_st *x509)
{
    const Sha256 digest = Certificate{const_cast<X509 *>(x509)}.spki_fingerprint();
    KeyId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

VerifiedChain VerifiedChain::of(const stack_st_X509 *chain)
{
    const openssl::ErrorScope errors;
    const int anchor = sk_X509_num(chain) - 1;
    VerifiedChain result;
    result.anchor = key_id(sk_X509_value(chain, anchor));
    KeyId issuer_key = result.anchor;
    result.links.resize(static_cast<std::size_t>(std::max(anchor, 1)));
    for (int i = anchor - 1; i >= 0; --i) {
        X509 *x509 = sk_X509_value(chain, i);
        result.links[static_cast<std::size_t>(i)] = link_of(x509, issuer_key);
        if (i > 0)
            issuer_key = key_id(x509);
    }
    if (anchor == 0) {
        // A leaf that is trusted itself: nobody knows the key behind its signature but by its own.
        X509 *leaf = sk_X509_value(chain, 0);
        result.links[0] = link_of(leaf, X509_self_signed(leaf, 0) == 1 ? result.anchor : KeyId{});
    }
    return result;
}

std::string VerifiedChain::encoded() const
{
    std::string octets;
    put(octets, anchor);
    put(octets, links.size());
    for (const auto &link : links) {
        put(octets, link.issuer);
        put(octets, link.issuer_key);
        put(octets, link.serial);
        octets += link.is_ca ? '\1' : '\0';
        put(octets, link.crl_points);
    }
    return octets;
}

std::optional<VerifiedChain> VerifiedChain::decoded(std::string_view octets)
{
    Fields fields{octets};
    VerifiedChain chain;
    chain.anchor = fields.id();
    for (std::size_t count = fields.number(); fields.whole() && count > 0; --count)
        chain.links.push_back(take_link(fields));
    if (!fields.whole() || !fields.at_end())
        return std::nullopt;
    return chain;
}

}  // namespace clientcert

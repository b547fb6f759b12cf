// SPDX-License-Identifier: Apache-2.0
#include "core/crl/judge/distribution_points.hh"

#include "core/crl/reader/der.hh"
#include "core/openssl.hh"

#include <algorithm>

namespace clientcert {
namespace {

using NamePtr = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;

constexpr std::uint8_t directory_name = 0xa4;  // of a GeneralName (4.2.1.6)

std::optional<NameId> id_of_name(Octets der)
{
    const openssl::ErrorScope errors;
    const auto *p = der.data();
    const NamePtr name{d2i_X509_NAME(nullptr, &p, static_cast<long>(der.size()))};
    if (!name || p != der.data() + der.size())
        return std::nullopt;
    return name_id(name.get());
}

/// Of a GeneralName that is a directoryName.
std::optional<NameId> id_of_directory_name(Octets general_name)
{
    const auto name = der::Reader{general_name}.next(directory_name);
    return name ? id_of_name(*name) : std::nullopt;
}

bool is_same(Octets a, Octets b)
{
    if (std::ranges::equal(a, b))
        return true;
    if (a.empty() || b.empty() || a.front() != directory_name || b.front() != directory_name)
        return false;
    const auto id = id_of_directory_name(a);
    return id && id == id_of_directory_name(b);
}

/// Cuts the contents of GeneralNames; nothing where they are malformed.
std::optional<std::vector<Octets>> general_names(Octets contents)
{
    std::vector<Octets> names;
    const auto *begin = contents.data();
    for (der::Reader reader{contents}; !reader.at_end();) {
        const auto name = reader.next(reader.tag());
        if (!name)
            return std::nullopt;
        const auto *end = name->data() + name->size();
        names.emplace_back(begin, end);
        begin = end;
    }
    return names;
}

/// The contents of a BIT STRING.
ReasonSet reasons_of(Octets flags)
{
    ReasonSet reasons = 0;
    for (unsigned bit = 1; bit <= 8 && 1 + bit / 8 < flags.size(); ++bit)
        if ((flags[1 + bit / 8] & 0x80U >> bit % 8) != 0)
            reasons = static_cast<ReasonSet>(reasons | 1U << bit);
    return reasons;
}

/// Takes the fields of a DistributionPoint one after the other. Each answers whether it is absent
/// or well-formed.
class PointReader {
public:
    explicit PointReader(Octets contents) : fields_{contents} {}

    std::optional<DistributionPoint> read()
    {
        if (!take_name() || !take_reasons() || !take_issuers() || !fields_.at_end())
            return std::nullopt;
        return point_;
    }

private:
    bool take_name()
    {
        if (fields_.tag() != 0xa0)
            return true;
        const auto choice = fields_.next(0xa0);
        if (!choice)
            return false;
        der::Reader name{*choice};
        const bool is_relative = name.tag() == 0xa1;
        const auto contents = name.next(is_relative ? 0xa1 : 0xa0);
        if (!contents || !name.at_end())
            return false;
        if (is_relative) {
            point_.relative_name = *contents;
            return true;
        }
        auto names = general_names(*contents);
        point_.names = std::move(names).value_or(std::vector<Octets>{});
        return point_.has_name();
    }

    bool take_reasons()
    {
        if (fields_.tag() != 0x81)
            return true;
        const auto flags = fields_.next(0x81);
        point_.reasons = flags ? reasons_of(*flags) : ReasonSet{0};
        return flags.has_value();
    }

    bool take_issuers()
    {
        if (fields_.tag() != 0xa2)
            return true;
        const auto contents = fields_.next(0xa2);
        const auto names = contents ? general_names(*contents) : std::nullopt;
        if (!names)
            return false;
        for (const auto &name : *names)
            if (const auto id = id_of_directory_name(name))
                point_.issuers.push_back(*id);
        return !point_.issuers.empty();
    }

    der::Reader fields_;
    DistributionPoint point_;
};

void put_header(std::string &der, std::uint8_t tag, std::size_t length)
{
    der += static_cast<char>(tag);
    if (length < 0x80) {
        der += static_cast<char>(length);
        return;
    }
    der += '\x84';
    for (const int shift : {24, 16, 8, 0})
        der += static_cast<char>(length >> shift & 0xff);
}

/// Of the name that a nameRelativeToCRLIssuer stands for. (The lengths are no DER, but OpenSSL
/// reads BER.)
std::optional<NameId> id_of_relative_name(const std::string &issuer, Octets relative_name)
{
    const auto base = der::Reader{octets_of(issuer)}.next(der::sequence);
    if (!base)
        return std::nullopt;
    std::string added;
    put_header(added, 0x31, relative_name.size());
    added.append(relative_name.begin(), relative_name.end());
    std::string name;
    put_header(name, der::sequence, base->size() + added.size());
    name.append(base->begin(), base->end());
    return id_of_name(octets_of(name + added));
}

bool has_directory_name(const CrlInfo &crl, const NameId &wanted)
{
    return std::ranges::any_of(crl.scope.names, [&wanted](const std::string &name) {
        return id_of_directory_name(octets_of(name)) == wanted;
    });
}

/// (b) (2) (i).
bool is_at(const CrlInfo &crl, const DistributionPoint &point)
{
    if (crl.scope.names.empty())
        return true;
    if (!point.has_name())
        return std::ranges::any_of(point.issuers, [&crl](const NameId &issuer) {
            return has_directory_name(crl, issuer);
        });
    if (!point.relative_name.empty()) {
        const auto name = id_of_relative_name(crl.issuer, point.relative_name);
        return name && has_directory_name(crl, *name);
    }
    return std::ranges::any_of(point.names, [&crl](Octets name) {
        return std::ranges::any_of(crl.scope.names, [name](const std::string &own) {
            return is_same(name, octets_of(own));
        });
    });
}

/// (b) (1). A cRLIssuer that is the certificate's own issuer should not be there, and says nothing.
bool is_issuer_of(const CrlInfo &crl, const ChainLink &link, const DistributionPoint &point)
{
    const bool is_named = std::ranges::find(point.issuers, crl.issuer_id) != point.issuers.end();
    if (crl.issuer_id == link.issuer)
        return point.issuers.empty() || is_named;
    return crl.scope.indirect && is_named;
}

}  // namespace

std::vector<DistributionPoint> distribution_points(Octets extension)
{
    constexpr std::size_t most = 64;  // each is compared with each CRL, request by request
    std::vector<DistributionPoint> points;
    if (extension.empty())
        return points;
    der::Reader outer{extension};
    const auto contents = outer.next(der::sequence);
    if (!contents || !outer.at_end())
        return {};
    for (der::Reader sequence{*contents}; !sequence.at_end();) {
        const auto field = sequence.next(der::sequence);
        auto point = field ? PointReader{*field}.read() : std::nullopt;
        if (!point || points.size() == most)
            return {};
        points.push_back(*std::move(point));
    }
    return points;
}

ReasonSet reasons_told(const CrlInfo &crl, const ChainLink &link,
                       const std::vector<DistributionPoint> &points)
{
    const auto &scope = crl.scope;
    if (scope.only_attribute_certs || (scope.only_user_certs && link.is_ca) ||
        (scope.only_ca_certs && !link.is_ca))
        return 0;
    // The last point in 6.3.3, which every certificate has: its issuer's name, and all reasons.
    if (crl.issuer_id == link.issuer &&
        (scope.names.empty() || has_directory_name(crl, link.issuer)))
        return scope.reasons;
    ReasonSet told = 0;
    for (const auto &point : points)
        if (is_issuer_of(crl, link, point) && is_at(crl, point))
            told = static_cast<ReasonSet>(told | point.reasons);
    return told & scope.reasons;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/prologue.hh"

#include "core/crl/reader/der.hh"

namespace clientcert {
namespace {

/// Takes what is whole off the front of a CRL.
class Front {
public:
    explicit Front(Octets octets) : octets_{octets} {}

    std::size_t position() const { return position_; }
    std::uint8_t tag() const { return rest().empty() ? std::uint8_t{0} : rest().front(); }

    /// Goes into an element that may be longer than the front. The position of its end.
    std::optional<std::uint64_t> open()
    {
        const auto header = der::header_of(rest());
        if (!header || header->tag != der::sequence || header->length > max_length)
            return std::nullopt;
        position_ += header->size;
        return position_ + header->length;
    }

    /// Its contents.
    std::optional<Octets> element(std::uint8_t tag)
    {
        const auto contents = der::Reader{rest()}.next(tag);
        if (contents)
            position_ +=
                static_cast<std::size_t>(contents->data() - rest().data()) + contents->size();
        return contents;
    }

    Octets since(std::size_t begin) const { return octets_.subspan(begin, position_ - begin); }

private:
    // Positions do not overflow.
    static constexpr std::uint64_t max_length = std::uint64_t{1} << 62;

    Octets rest() const { return octets_.subspan(position_); }

    Octets octets_;
    std::size_t position_ = 0;
};

constexpr std::uint8_t version_2 = 1;

}  // namespace

Result<Prologue> Prologue::of(Octets front)
{
    Front in{front};
    const auto end = in.open();
    const std::size_t tbs_begin = in.position();
    const auto tbs_end = end ? in.open() : std::nullopt;
    if (!tbs_end)
        return Error{"it does not begin as a CRL in DER does"};
    if (*tbs_end > *end)
        return Error{"its tbsCertList is longer than what it stands in"};
    const bool is_version_1 = in.tag() != der::integer;
    if (!is_version_1) {
        const auto version = in.element(der::integer);
        if (!version || version->size() != 1 || version->front() != version_2)
            return Error{"its version is not 2, the only one that a CRL may name"};
    }
    const std::size_t algorithm = in.position();
    if (!in.element(der::sequence) || in.position() > *tbs_end)
        return Error{"its signature algorithm is malformed"};
    const Octets der = in.since(algorithm);
    return Prologue{*end,
                    tbs_begin,
                    *tbs_end,
                    is_version_1,
                    {reinterpret_cast<const char *>(der.data()), der.size()},
                    in.position()};
}

}  // namespace clientcert

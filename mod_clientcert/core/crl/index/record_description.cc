// SPDX-License-Identifier: Apache-2.0
// A description is a sequence of fields in the order below: numbers of eight octets, texts behind
// their length, lists behind their number of elements.
#include "core/crl/index/record_description.hh"
#include "core/crl/index/words.hh"

#include <algorithm>

namespace clientcert {
namespace {

namespace flag {
constexpr std::uint64_t only_user_certs = 1;
constexpr std::uint64_t only_ca_certs = 2;
constexpr std::uint64_t only_attribute_certs = 4;
constexpr std::uint64_t indirect = 8;
constexpr std::uint64_t number = 16;
constexpr std::uint64_t base_number = 32;
constexpr std::uint64_t all = 63;
}  // namespace flag

class Writer {
public:
    void put(std::uint64_t number)
    {
        std::array<std::uint8_t, sizeof number> octets;
        store(octets.data(), number);
        append(octets);
    }
    void put(Time time) { put(static_cast<std::uint64_t>(time.time_since_epoch().count())); }
    void put(std::string_view text)
    {
        put(std::uint64_t{text.size()});
        append(octets_of(text));
    }
    void put(const std::string &text) { put(std::string_view{text}); }
    void put(const std::array<std::uint8_t, 16> &id) { append(id); }
    void put(const ChainLink &link)
    {
        put(link.issuer);
        put(link.issuer_key);
        put(link.serial);
        put(std::uint64_t{link.is_ca});
        put(link.crl_points);
    }

    template <typename T>
    void put(const std::vector<T> &list)
    {
        put(std::uint64_t{list.size()});
        for (const auto &element : list)
            put(element);
    }

    std::string take() { return std::move(octets_); }

private:
    void append(Octets octets)
    {
        octets_.append(reinterpret_cast<const char *>(octets.data()), octets.size());
    }

    std::string octets_;
};

/// Takes fields off the front; after one that is not there, all are empty.
class Reader {
public:
    explicit Reader(Octets octets) : rest_{octets} {}

    void take(std::uint64_t &number)
    {
        const auto octets = next(sizeof number);
        number = octets.empty() ? 0 : load<std::uint64_t>(octets.data());
    }
    void take(Time &time)
    {
        const auto count = taken<std::uint64_t>();
        time = Time{std::chrono::seconds{static_cast<std::int64_t>(count)}};
    }
    void take(std::string &text)
    {
        const auto octets = next(taken<std::uint64_t>());
        text.assign(reinterpret_cast<const char *>(octets.data()), octets.size());
    }
    void take(std::array<std::uint8_t, 16> &id) { std::ranges::copy(next(id.size()), id.begin()); }
    void take(ChainLink &link)
    {
        take(link.issuer);
        take(link.issuer_key);
        take(link.serial);
        link.is_ca = taken<std::uint64_t>() != 0;
        take(link.crl_points);
    }

    template <typename T>
    void take(std::vector<T> &list)
    {
        for (auto count = taken<std::uint64_t>(); count > 0 && whole_; --count)
            take(list.emplace_back());
    }

    template <typename T>
    T taken()
    {
        T value{};
        take(value);
        return value;
    }

    /// Whether every field was there, and nothing else.
    bool at_end() const { return whole_ && rest_.empty(); }

private:
    Octets next(std::uint64_t size)
    {
        whole_ = whole_ && size <= rest_.size();
        if (!whole_)
            return {};
        const auto octets = rest_.first(size);
        rest_ = rest_.subspan(size);
        return octets;
    }

    Octets rest_;
    bool whole_ = true;
};

std::uint64_t flags_of(const CrlInfo &info)
{
    return (info.scope.only_user_certs ? flag::only_user_certs : 0) |
           (info.scope.only_ca_certs ? flag::only_ca_certs : 0) |
           (info.scope.only_attribute_certs ? flag::only_attribute_certs : 0) |
           (info.scope.indirect ? flag::indirect : 0) | (info.number ? flag::number : 0) |
           (info.base_number ? flag::base_number : 0);
}

CrlScope take_scope(Reader &reader, std::uint64_t flags)
{
    CrlScope scope;
    scope.only_user_certs = (flags & flag::only_user_certs) != 0;
    scope.only_ca_certs = (flags & flag::only_ca_certs) != 0;
    scope.only_attribute_certs = (flags & flag::only_attribute_certs) != 0;
    scope.indirect = (flags & flag::indirect) != 0;
    scope.reasons = static_cast<ReasonSet>(reader.taken<std::uint64_t>());
    reader.take(scope.names);
    reader.take(scope.der);
    return scope;
}

}  // namespace

std::string description_of(const CrlInfo &info, const Signer &signer, std::string_view source)
{
    Writer writer;
    writer.put(flags_of(info));
    writer.put(info.issuer);
    writer.put(info.this_update);
    writer.put(info.next_update);
    writer.put(info.number.value_or(""));
    writer.put(info.base_number.value_or(""));
    writer.put(info.authority_key_id);
    writer.put(std::uint64_t{info.scope.reasons});
    writer.put(info.scope.names);
    writer.put(info.scope.der);
    writer.put(info.entries);
    writer.put(info.size);
    writer.put(signer.key);
    writer.put(signer.anchors);
    writer.put(signer.path);
    writer.put(source);
    return writer.take();
}

std::optional<CrlRecord> described(Octets description)
{
    Reader reader{description};
    CrlRecord record;
    auto &info = record.info;
    const auto flags = reader.taken<std::uint64_t>();
    reader.take(info.issuer);
    reader.take(info.this_update);
    reader.take(info.next_update);
    const auto number = reader.taken<std::string>();
    if ((flags & flag::number) != 0)
        info.number = number;
    const auto base_number = reader.taken<std::string>();
    if ((flags & flag::base_number) != 0)
        info.base_number = base_number;
    reader.take(info.authority_key_id);
    info.scope = take_scope(reader, flags);
    reader.take(info.entries);
    reader.take(info.size);
    reader.take(record.signer.key);
    reader.take(record.signer.anchors);
    reader.take(record.signer.path);
    reader.take(record.source);
    if (!reader.at_end() || (flags & ~flag::all) != 0)
        return std::nullopt;
    return record;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Collects the entries of a CRL and lays them out. The entries of a large one are dealt out into
// parts by their position as they come; each part is then placed for itself, where it fits into the
// processor's cache, and freed. What is collected is hardly larger than the table, and never moved.
#include "core/crl/index/mapping.hh"
#include "core/crl/index/table_layout.hh"
#include "core/openssl.hh"

#include <clientcert/crl_table.hh>

#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <vector>

namespace clientcert {
namespace {

struct Item {
    std::uint64_t remainder;
    std::uint32_t date;
    std::uint32_t position : table::position_bits;
    std::uint32_t reason : 32 - table::position_bits;
};
static_assert(sizeof(Item) == 16);

/// Items in pieces of memory that grow with their number.
class ItemList {
public:
    void add(const Item &item)
    {
        if (next_ == end_)
            grow();
        std::construct_at(next_++, item);
    }

    template <typename Take>
    void for_each(Take take) const
    {
        for (const auto &piece : pieces_) {
            const bool is_last = &piece == &pieces_.back();
            std::for_each(first(piece), is_last ? next_ : end(piece), take);
        }
    }

private:
    static Item *first(const Mapping &piece)
    {
        return reinterpret_cast<Item *>(piece.octets().data());
    }
    static Item *end(const Mapping &piece)
    {
        return first(piece) + piece.octets().size() / sizeof(Item);
    }

    void grow()
    {
        constexpr std::size_t smallest = 4096, largest = std::size_t{1} << 20;
        const std::size_t size = std::clamp(size_, smallest, largest);
        Mapping piece{size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1};
        if (!piece)
            throw std::bad_alloc{};
        pieces_.push_back(std::move(piece));
        next_ = first(pieces_.back());
        end_ = end(pieces_.back());
        size_ += size;
    }

    std::vector<Mapping> pieces_;
    std::size_t size_ = 0;  ///< octets of them
    Item *next_ = nullptr;
    Item *end_ = nullptr;
};

/// Lays a table out, one range of buckets after the other.
class Placing {
public:
    Placing(std::uint8_t *place, const table::Layout &layout)
        : layout_{layout},
          directory_{place + table::Layout::directory_at}, entries_{place + layout.entries_at()}
    {
    }

    /// Places the items of the buckets from `first` to before `end`.
    template <typename Items>
    void place(std::uint64_t first, std::uint64_t end, const Items &items)
    {
        std::fill(bound(first), bound(end), std::uint8_t{0});
        items.for_each([&](const Item &item) { add(bound_of(item), 1); });
        for (auto *place = bound(first); place != bound(end); place += 4)
            placed_ = add(place, placed_);
        // Each bound is at its bucket's end now, and comes down to its first entry.
        items.for_each([&](const Item &item) {
            constexpr std::uint32_t minus_one = ~std::uint32_t{0};
            put(entries_ + table::entry_size * add(bound_of(item), minus_one), item);
        });
        store(bound(end), placed_);
    }

private:
    std::uint8_t *bound(std::uint64_t bucket) const { return directory_ + 4 * bucket; }
    std::uint8_t *bound_of(const Item &item) const { return bound(layout_.bucket(item.position)); }

    static std::uint32_t add(std::uint8_t *place, std::uint32_t number)
    {
        const std::uint32_t sum = load<std::uint32_t>(place) + number;
        store(place, sum);
        return sum;
    }

    static void put(std::uint8_t *place, const Item &item)
    {
        store(place, item.remainder);
        store(place + table::date_at, item.date);
        place[table::reason_at] = static_cast<std::uint8_t>(item.reason);
    }

    const table::Layout layout_;
    std::uint8_t *const directory_;
    std::uint8_t *const entries_;
    std::uint32_t placed_ = 0;
};

std::uint32_t clamped(Time date)
{
    constexpr std::int64_t latest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(date.time_since_epoch().count(), 0, latest));
}

table::Key random_key()
{
    const openssl::ErrorScope errors;
    table::Key key;
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
        throw std::runtime_error{"OpenSSL has no random octets"};
    return key;
}

}  // namespace

struct TableBuilder::Content {
    /// The items of a small table, which thousands of CRLs may have.
    struct Few : std::vector<Item> {
        template <typename Take>
        void for_each(Take take) const
        {
            std::for_each(begin(), end(), take);
        }
    };

    table::Key key = random_key();
    std::uint64_t entries = 0;
    Few few;
    std::vector<ItemList> parts;

    void add(const Item &item)
    {
        if (entries == table::most_entries)
            throw std::length_error{"a CRL has more than 4294967295 entries"};
        if (++entries < table::fewest_entries_in_parts)
            return few.push_back(item);
        if (parts.empty())
            deal_out();
        part_of(item).add(item);
    }

    void deal_out()
    {
        parts.resize(table::parts);
        for (const auto &item : std::exchange(few, {}))
            part_of(item).add(item);
    }

    ItemList &part_of(const Item &item) { return parts[item.position >> table::part_shift]; }
};

TableBuilder::TableBuilder() : content_{std::make_unique<Content>()} {}
TableBuilder::~TableBuilder() = default;
TableBuilder::TableBuilder(TableBuilder &&) noexcept = default;
TableBuilder &TableBuilder::operator=(TableBuilder &&) noexcept = default;

void TableBuilder::add(Octets serial, const NameId *issuer, CrlReason reason, Time date)
{
    const auto mark = table::mark_of(content_->key.data(), serial, issuer);
    content_->add({.remainder = mark.remainder,
                   .date = clamped(date),
                   .position = mark.position & table::positions_mask,
                   .reason = static_cast<std::uint8_t>(reason) & 0x0fU});
}

std::uint64_t TableBuilder::entries() const
{
    return content_->entries;
}

std::size_t TableBuilder::size() const
{
    return table::Layout{content_->entries}.size();
}

void TableBuilder::write(std::span<std::uint8_t> place) &&
{
    const auto content = std::move(content_);
    const table::Layout layout{content->entries};
    store(place.data(), table::magic);
    store(place.data() + table::Layout::entries_field, layout.entries);
    std::ranges::copy(content->key, place.data() + table::Layout::key_at);

    Placing placing{place.data(), layout};
    if (!layout.in_parts())
        placing.place(0, layout.buckets, content->few);
    const std::uint64_t buckets = layout.buckets / table::parts;
    std::uint64_t first = 0;
    for (auto &part : content->parts) {
        placing.place(first, first + buckets, std::exchange(part, {}));
        first += buckets;
    }
    std::ranges::fill(place.subspan(layout.end()), std::uint8_t{0});
}

}  // namespace clientcert

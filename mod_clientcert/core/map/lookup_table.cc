// SPDX-License-Identifier: Apache-2.0
#include "core/map/lookup_table.hh"

#include "core/map/words.hh"
#include "core/utf8.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <functional>
#include <limits>

namespace clientcert {
namespace {

constexpr std::size_t longest_word = 4096;
constexpr std::size_t most_octets = std::numeric_limits<std::uint32_t>::max();

/// Slots for each entry: enough of them stay empty that a search soon comes upon one.
constexpr std::size_t slots_for(std::size_t entries)
{
    std::size_t slots = 8;
    while (slots < entries + entries / 2)
        slots *= 2;
    return slots;
}

void put(std::string &entries, std::string_view text)
{
    entries += static_cast<char>(text.size() & 0xff);
    entries += static_cast<char>(text.size() >> 8);
    entries += text;
}

/// What is wrong with a word; empty where nothing is.
std::string fault_of(std::string_view what, std::string_view word)
{
    const std::string begin = "its " + std::string{what} + ' ';
    if (word.empty())
        return begin + "is empty";
    if (word.size() > longest_word)
        return begin + "has " + std::to_string(word.size()) + " octets; " +
               std::to_string(longest_word) + " are the most";
    if (!is_clean_text(word))
        return begin + quoted(word) + " has a control character or is not UTF-8";
    return {};
}

}  // namespace

std::string_view LookupTable::text_at(std::size_t place) const
{
    const auto octet = [&](std::size_t i) {
        return static_cast<std::uint8_t>(entries_[place + i]);
    };
    const std::size_t size = octet(0) | static_cast<std::size_t>(octet(1)) << 8;
    return std::string_view{entries_}.substr(place + 2, size);
}

/// Where the key is, or where it would be.
std::size_t LookupTable::slot_of(std::string_view key) const
{
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(key)&mask;
    while (slots_[slot] != 0 && text_at(slots_[slot] - 1) != key)
        slot = (slot + 1) & mask;
    return slot;
}

std::optional<std::string_view> LookupTable::find(std::string_view key) const
{
    if (size_ == 0)
        return std::nullopt;
    const auto place = slots_[slot_of(key)];
    if (place == 0)
        return std::nullopt;
    return text_at(place - 1 + 2 + key.size());
}

/// Reads line by line, and makes the slots when it is known how many there are to be.
class LookupTable::Builder {
public:
    /// What is wrong with it; empty where nothing is.
    std::string add_line(std::string_view line)
    {
        ++line_;
        skip_blanks(line);
        if (line.empty() || line.front() == '#')
            return {};
        const auto key = next_word(line);
        if (!key)
            return key.error();
        skip_blanks(line);
        if (line.empty() || line.front() == '#')
            return "there is no user behind the key " + quoted(*key);
        const auto user = next_word(line);
        if (!user)
            return user.error();
        skip_blanks(line);
        if (!line.empty() && line.front() != '#')
            return "there is more than a key and a user: " + quoted(line) +
                   "; what has blanks goes between quotes";
        return add(*key, *user);
    }

    std::size_t line() const { return line_; }

    Result<LookupTable> finished()
    {
        table_.entries_.shrink_to_fit();
        table_.slots_.resize(slots_for(places_.size()));
        for (const auto &[place, line] : places_) {
            const auto key = table_.text_at(place);
            auto &slot = table_.slots_[table_.slot_of(key)];
            if (slot != 0)
                return Error{"line " + std::to_string(line) + ": the key " + quoted(key) +
                             " stands in line " + std::to_string(line_of(slot - 1)) + " as well"};
            slot = place + 1;
        }
        table_.size_ = places_.size();
        return std::move(table_);
    }

private:
    struct Place {
        std::uint32_t entry;
        std::uint32_t line;
    };

    std::string add(std::string_view key, std::string_view user)
    {
        for (const auto &fault : {fault_of("key", key), fault_of("user", user)})
            if (!fault.empty())
                return fault;
        if (user.find(':') != user.npos)
            return "its user " + quoted(user) + " has a ':'";
        if (table_.entries_.size() + key.size() + user.size() + 5 > most_octets)
            return "there is more in it than 4 GiB";
        places_.push_back({static_cast<std::uint32_t>(table_.entries_.size()),
                           static_cast<std::uint32_t>(line_)});
        put(table_.entries_, key);
        put(table_.entries_, user);
        return {};
    }

    std::uint32_t line_of(std::uint32_t entry) const
    {
        return std::ranges::lower_bound(places_, entry, {}, &Place::entry)->line;
    }

    LookupTable table_;
    std::vector<Place> places_;
    std::size_t line_ = 0;
};

Result<LookupTable> LookupTable::parse(std::string_view contents)
{
    if (contents.starts_with("\xef\xbb\xbf"))  // what some editors put before UTF-8
        contents.remove_prefix(3);
    Builder builder;
    while (!contents.empty()) {
        const auto line = contents.substr(0, contents.find('\n'));
        contents.remove_prefix(std::min(line.size() + 1, contents.size()));
        if (const auto fault = builder.add_line(line); !fault.empty())
            return Error{"line " + std::to_string(builder.line()) + ": " + fault};
    }
    return builder.finished();
}

}  // namespace clientcert

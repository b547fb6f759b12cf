// SPDX-License-Identifier: Apache-2.0
#include "core/formats/structured_fields.hh"

#include "core/formats/base64_text.hh"
#include "core/formats/escape.hh"

#include <algorithm>

namespace clientcert::formats {
namespace {

constexpr OctetSet digit{"0123456789"};
constexpr OctetSet key_start{"abcdefghijklmnopqrstuvwxyz*"};
constexpr OctetSet key_rest{"abcdefghijklmnopqrstuvwxyz0123456789_-.*"};
constexpr OctetSet token_start{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*"};
constexpr OctetSet token_rest{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~:/"};

class Parser {
public:
    explicit Parser(std::string_view field) : rest_{field} {}

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

    /// Takes the character off the front if it is there.
    bool take(char c)
    {
        if (!rest_.starts_with(c))
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    void skip(std::string_view blanks)
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    }

    /// 4.2.3, for an Item of the one type that is wanted.
    Result<std::string> byte_sequence_with_parameters()
    {
        auto octets = byte_sequence();
        if (octets && !parameters())
            return Error{excerpt(rest_) + " is no parameter (RFC 8941, section 3.1.2)"};
        return octets;
    }

private:
    /// 4.2.7
    Result<std::string> byte_sequence()
    {
        const std::string_view all = rest_;
        if (!take(':'))
            return Error{excerpt(all) + " is no Byte Sequence (RFC 8941, section 3.3.5): base64 "
                                        "between colons is expected"};
        const auto end = rest_.find(':');
        if (end == rest_.npos)
            return Error{excerpt(all) + " has no colon at its end"};
        const auto text = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return base64_decoded(text);
    }

    /// 4.2.3.2
    bool parameters()
    {
        while (take(';')) {
            skip(" ");
            if (!run(key_start, key_rest) || (take('=') && !bare_item()))
                return false;
        }
        return true;
    }

    /// 4.2.3.1
    bool bare_item()
    {
        if (rest_.empty())
            return false;
        switch (rest_.front()) {
        case '"':
            return string();
        case ':':
            return static_cast<bool>(byte_sequence());
        case '?':
            rest_.remove_prefix(1);
            return take('0') || take('1');
        default:
            return run(token_start, token_rest) || number();
        }
    }

    /// 4.2.4
    bool number()
    {
        take('-');
        const auto whole = count(digit);
        if (whole == 0 || whole > 15)
            return false;
        if (!take('.'))
            return true;
        const auto fraction = count(digit);
        return whole <= 12 && fraction >= 1 && fraction <= 3;
    }

    /// 4.2.5
    bool string()
    {
        rest_.remove_prefix(1);
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"')
                return true;
            if (c < ' ' || c > '~' || (c == '\\' && !take('"') && !take('\\')))
                return false;
        }
        return false;
    }

    /// How many characters of the set it takes off the front.
    std::size_t count(const OctetSet &set)
    {
        std::size_t size = 0;
        while (size < rest_.size() && set.contains(static_cast<std::uint8_t>(rest_[size])))
            ++size;
        rest_.remove_prefix(size);
        return size;
    }

    bool run(const OctetSet &first, const OctetSet &others)
    {
        if (rest_.empty() || !first.contains(static_cast<std::uint8_t>(rest_.front())))
            return false;
        rest_.remove_prefix(1);
        count(others);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

Result<std::string> byte_sequence_item(std::string_view field)
{
    Parser parser{field};
    parser.skip(" ");
    auto octets = parser.byte_sequence_with_parameters();
    parser.skip(" ");
    if (octets && !parser.at_end())
        return Error{excerpt(parser.rest()) + " stands behind the one Byte Sequence"};
    return octets;
}

Result<std::vector<std::string>> byte_sequence_list(std::string_view field, std::size_t most)
{
    std::vector<std::string> list;
    Parser parser{field};
    parser.skip(" ");
    bool more = !parser.at_end();
    while (more) {
        auto octets = parser.byte_sequence_with_parameters();
        if (!octets)
            return Error{octets.error()};
        if (list.size() == most)
            return Error{"more than " + std::to_string(most) + " members"};
        list.push_back(*std::move(octets));
        parser.skip(" \t");
        more = parser.take(',');
        if (!more && !parser.at_end())
            return Error{excerpt(parser.rest()) + " stands where a comma is expected"};
        parser.skip(" \t");
    }
    return list;
}

}  // namespace clientcert::formats

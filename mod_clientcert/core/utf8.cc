// SPDX-License-Identifier: Apache-2.0
#include "core/utf8.hh"

#include <clientcert/octets.hh>

#include <cstdint>

namespace clientcert {
namespace {

/// A form of RFC 3629, section 3: how it begins, and the least that it may say.
struct Form {
    std::uint8_t mask;
    std::uint8_t begin;
    std::size_t continuations;
    std::uint32_t least;
};

constexpr Form forms[] = {
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
};

constexpr std::uint32_t invalid = 0xffffffff;

/// Takes a character beyond ASCII off the front.
std::uint32_t take(std::string_view &text)
{
    const auto first = static_cast<std::uint8_t>(text.front());
    for (const auto &form : forms) {
        if ((first & form.mask) != form.begin || text.size() <= form.continuations)
            continue;
        std::uint32_t character = first & static_cast<std::uint8_t>(~form.mask);
        for (std::size_t i = 1; i <= form.continuations; ++i) {
            const auto octet = static_cast<std::uint8_t>(text[i]);
            if ((octet & 0xc0) != 0x80)
                return invalid;
            character = character << 6 | (octet & 0x3f);
        }
        text.remove_prefix(form.continuations + 1);
        return character < form.least ? invalid : character;
    }
    return invalid;
}

bool is_character(std::uint32_t character)
{
    const bool surrogate = character >= 0xd800 && character <= 0xdfff;
    return character <= 0x10ffff && !surrogate;
}

bool is_clean(std::uint32_t character)
{
    return character >= 0xa0 && is_character(character);
}

/// Marks and controls of direction, and spaces without width (Unicode, 23.2).
bool deceives(std::uint32_t character)
{
    return (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0x061c ||
           character == 0x00ad || character == 0xfeff;
}

bool is_control(std::uint32_t character)
{
    return (character < 0x20 && character != '\n' && character != '\t') ||
           (character >= 0x7f && character < 0xa0);
}

std::string code_of(std::uint32_t character)
{
    const auto high = static_cast<std::uint8_t>(character >> 8);
    const auto low = static_cast<std::uint8_t>(character);
    if (character < 0x80)
        return "\\x" + upper_hex({&low, 1});
    return "\\u{" + upper_hex({&high, 1}) + upper_hex({&low, 1}) + '}';
}

/// Takes each character in turn; `write` gets the octets of one and its number.
template <typename Write>
std::string rewritten(std::string_view text, Write write)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto first = static_cast<std::uint8_t>(text.front());
        auto rest = text;
        std::uint32_t character = first;
        if (first >= 0x80)
            character = take(rest);
        else
            rest.remove_prefix(1);
        if (first >= 0x80 && !is_character(character)) {
            (result += "\\x") += upper_hex({&first, 1});
            text.remove_prefix(1);
            continue;
        }
        result += write(text.substr(0, text.size() - rest.size()), character);
        text = rest;
    }
    return result;
}

}  // namespace

bool is_clean_text(std::string_view text)
{
    while (!text.empty()) {
        const auto octet = static_cast<std::uint8_t>(text.front());
        if (octet >= 0x80) {
            if (!is_clean(take(text)))
                return false;
            continue;
        }
        if (octet < 0x20 || octet == 0x7f)
            return false;
        text.remove_prefix(1);
    }
    return true;
}

std::string utf8_text(std::string_view text)
{
    return rewritten(text, [](std::string_view octets, std::uint32_t) { return octets; });
}

std::string shown_text(std::string_view text)
{
    return rewritten(text, [](std::string_view octets, std::uint32_t character) {
        return is_control(character) || deceives(character) ? code_of(character)
                                                            : std::string{octets};
    });
}

}  // namespace clientcert

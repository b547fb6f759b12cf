// SPDX-License-Identifier: Apache-2.0
#include "core/utf8.hh"

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

bool is_clean(std::uint32_t character)
{
    const bool surrogate = character >= 0xd800 && character <= 0xdfff;
    return character >= 0xa0 && character <= 0x10ffff && !surrogate;
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

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Letters and digits of ASCII, whatever locale the server has chosen.
#pragma once

#include <algorithm>
#include <string_view>

namespace clientcert {

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

constexpr char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

constexpr bool equal_but_for_case(std::string_view one, std::string_view other)
{
    return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace clientcert

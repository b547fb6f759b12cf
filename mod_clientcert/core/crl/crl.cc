// SPDX-License-Identifier: Apache-2.0
#include <clientcert/crl.hh>

#include <string_view>

namespace clientcert {
namespace {

std::string_view without_leading_zeros(std::string_view number)
{
    return number.substr(std::min(number.find_first_not_of('\0'), number.size()));
}

}  // namespace

int compare_numbers(const std::string &a, const std::string &b)
{
    const auto left = without_leading_zeros(a);
    const auto right = without_leading_zeros(b);
    if (left.size() != right.size())
        return left.size() < right.size() ? -1 : 1;
    return left.compare(right);  // std::char_traits<char> compares as unsigned
}

bool may_replace(const CrlInfo &next, const CrlInfo &standing)
{
    if (next.number && standing.number)
        return compare_numbers(*next.number, *standing.number) >= 0;
    return next.this_update >= standing.this_update;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

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

std::string printed_number(const std::string &number)
{
    if (number.size() > sizeof(std::uint64_t))
        return "0x" + upper_hex(octets_of(number));
    std::uint64_t value = 0;
    for (const auto octet : octets_of(number))
        value = value << 8 | octet;
    return std::to_string(value);
}

std::string printed_issuer(const CrlInfo &info)
{
    const openssl::ErrorScope errors;
    const auto *p = octets_of(info.issuer).data();
    const std::unique_ptr<X509_NAME, Freed<X509_NAME_free>> name{
        d2i_X509_NAME(nullptr, &p, static_cast<long>(info.issuer.size()))};
    return name ? rfc4514(name.get()) : std::string{};
}

std::string described(const CrlInfo &info)
{
    return std::string{info.is_delta() ? "the delta CRL of " : "the CRL of "} +
           quoted(printed_issuer(info)) +
           (info.number ? " (number " + printed_number(*info.number) + ")" : std::string{});
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/ascii.hh"
#include "core/openssl.hh"

#include <clientcert/san_pattern.hh>
#include <clientcert/selector.hh>

#include <arpa/inet.h>

#include <array>

namespace clientcert {
namespace {

/// Two names of a type are the same where this makes the same text of both.
std::string folded(SanType type, std::string text)
{
    // Of an address, only the host is the same in any case (RFC 5321, 2.4).
    const std::size_t begin = type == SanType::dns || type == SanType::upn ? 0
                              : type == SanType::email ? std::min(text.rfind('@'), text.size())
                                                       : text.size();
    std::ranges::transform(std::string_view{text}.substr(begin),
                           text.begin() + static_cast<std::ptrdiff_t>(begin), lower);
    return text;
}

/// The address as a certificate's is printed; empty where it is none.
std::string canonical_address(const std::string &text)
{
    for (const int family : {AF_INET, AF_INET6}) {
        std::array<std::uint8_t, 16> octets{};
        std::array<char, INET6_ADDRSTRLEN> canonical{};
        if (inet_pton(family, text.c_str(), octets.data()) == 1)
            return inet_ntop(family, octets.data(), canonical.data(), canonical.size());
    }
    return {};
}

}  // namespace

Result<SanPattern> SanPattern::parse(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == text.npos)
        return Error{quoted(text) + " has no type: TYPE:VALUE is expected, such as "
                                    "email:alice@example.com or dns:*.example.com"};
    const auto type = san_type_named(text.substr(0, colon));
    if (!type)
        return Error{type.error()};
    std::string value{text.substr(colon + 1)};
    // At the beginning of a URI it would stand for any authority; the end is what SPIFFE IDs need.
    const bool is_last = *type == SanType::uri && value.ends_with("/*");
    const bool is_first = !is_last && value.starts_with('*');
    if (value.find('\0') != value.npos)
        return Error{quoted(text) + " has a NUL"};
    if (value.empty())
        return Error{quoted(text) + " has no value behind the colon"};
    if (is_last)
        value.pop_back();
    if (value.find('*', is_first ? 1 : 0) != value.npos)
        return Error{quoted(text) + " has a '*' that is not its first character, nor the last one "
                                    "behind a '/' of a uri"};
    if (*type == SanType::ip) {
        value = canonical_address(value);
        if (value.empty())
            return Error{quoted(text) + " has no IPv4 or IPv6 address behind the colon"};
    }
    if (is_first)
        value.erase(0, 1);
    // The end of an address, without an @, is a domain.
    const bool is_domain = is_first && *type == SanType::email && value.find('@') == value.npos;
    const auto fold_as = is_domain ? SanType::dns : *type;
    const auto star = is_first ? Star::first : is_last ? Star::last : Star::none;
    return SanPattern{*type, folded(fold_as, std::move(value)), star};
}

bool SanPattern::matches(const SubjectAltName &name) const
{
    if (name.type != type_ || !name.usable)
        return false;
    const std::string text = folded(type_, name.text);
    if (star_ == Star::none)
        return text == value_;
    if (text.size() <= value_.size())
        return false;
    if (star_ == Star::last)
        return text.starts_with(value_);
    if (!text.ends_with(value_))
        return false;
    const auto starred = std::string_view{text}.substr(0, text.size() - value_.size());
    return type_ != SanType::dns || starred.find('.') == starred.npos;
}

}  // namespace clientcert

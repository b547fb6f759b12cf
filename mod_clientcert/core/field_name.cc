// SPDX-License-Identifier: Apache-2.0
#include "core/ascii.hh"

#include <clientcert/field_name.hh>
#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert {
namespace {

// Names that make the message itself (RFC 9110, RFC 9112): set by a module, they would tear it.
constexpr auto framing = std::to_array<std::string_view>(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding",
     "upgrade", "keep-alive", "proxy-connection", "content-type"});

bool is_alphanumeric(char c)
{
    return is_digit(c) || is_letter(c);
}

/// Lower case; whatever is neither letter nor digit becomes "-".
char fold(char c)
{
    return is_alphanumeric(c) ? lower(c) : '-';
}

std::string fold_all(std::string_view name)
{
    std::string text{name};
    std::ranges::transform(text, text.begin(), fold);
    return text;
}

std::size_t initial(char c)
{
    return static_cast<std::size_t>(fold(c)) % 64;
}

std::uint64_t length_bit(std::size_t length)
{
    return std::uint64_t{1} << (length < 63 ? length : 63);
}

}  // namespace

Result<std::string> field_name(std::string_view name)
{
    const bool token = !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string::npos;
    });
    if (!token)
        return Error{"takes the name of a request header, not " + quoted(name)};
    if (!is_alphanumeric(name.front()))
        return Error{"takes the name of a request header that begins with a letter or digit, not " +
                     quoted(name)};
    if (std::ranges::find(framing, fold_all(name)) != framing.end())
        return Error{"cannot set " + quoted(name) +
                     ": that field frames the message itself; take a name "
                     "of your own such as X-Client-DN"};
    return std::string{name};
}

std::size_t FieldNames::insert(std::string_view name)
{
    const auto known = std::ranges::find(names_, fold_all(name));
    const auto number = static_cast<std::size_t>(known - names_.begin());
    if (known == names_.end() && !name.empty()) {
        names_.push_back(fold_all(name));
        lengths_by_initial_[initial(name.front())] |= length_bit(name.size());
    }
    return number;
}

bool FieldNames::contains(std::string_view name) const
{
    if (name.empty() || !(lengths_by_initial_[initial(name.front())] & length_bit(name.size())))
        return false;
    return std::ranges::any_of(names_, [&](const std::string &known) {
        return std::ranges::equal(known, name, {}, {}, fold);
    });
}

}  // namespace clientcert

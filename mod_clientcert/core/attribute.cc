// SPDX-License-Identifier: Apache-2.0
// The attribute types of names.
#include "core/ascii.hh"
#include "core/openssl.hh"

#include <clientcert/name.hh>

#include <algorithm>

namespace clientcert {
namespace {

using namespace std::string_view_literals;

// The first row of a type is what `attribute_of` finds; a second one is another tag of mod_ssl's.
constexpr auto attributes = std::to_array<Attribute>({
    {"\x55\x04\x03"sv, "CN", "CN"},
    {"\x55\x04\x0b"sv, "OU", "OU"},
    {"\x55\x04\x0a"sv, "O", "O"},
    {"\x55\x04\x06"sv, "C", "C"},
    {"\x55\x04\x08"sv, "ST", "ST"},
    {"\x55\x04\x08"sv, "ST", "SP"},
    {"\x55\x04\x07"sv, "L", "L"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv, "emailAddress", "Email"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"sv, "UID", "UID"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"sv, "DC", ""},
    {"\x55\x04\x0c"sv, "title", "T"},
    {"\x55\x04\x2b"sv, "initials", "I"},
    {"\x55\x04\x2a"sv, "GN", "G"},
    {"\x55\x04\x04"sv, "SN", "S"},
    {"\x55\x04\x0d"sv, "description", "D"},
    {"\x55\x04\x05"sv, "serialNumber", "SerialNumber"},
    {"\x55\x04\x09"sv, "street", ""},
});

/// numericoid of RFC 4512, 1.4: numbers without leading zeros, with single dots between them.
bool is_dotted(std::string_view name)
{
    std::size_t numbers = 0;
    for (std::string_view rest = name;; ++numbers) {
        const auto number = rest.substr(0, rest.find('.'));
        if (number.empty() || !std::ranges::all_of(number, is_digit) ||
            (number.size() > 1 && number.front() == '0'))
            return false;
        if (number.size() == rest.size())
            return numbers > 0;
        rest.remove_prefix(number.size() + 1);
    }
}

/// descr of RFC 4512, 1.4.
bool is_descriptor(std::string_view name)
{
    return !name.empty() && !is_digit(name.front()) && name.front() != '-' &&
           std::ranges::all_of(name,
                               [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

// Longer ones, of which no one has heard, would need a longer form of length in DER.
constexpr std::size_t longest_oid = 127;

}  // namespace

const Attribute *attribute_of(const asn1_object_st *type)
{
    const auto oid = openssl::oid_of(type);
    const auto *found = std::ranges::find_if(attributes, [&](const Attribute &attribute) {
        // Nearly all differ in the last octet.
        return oid.size() == attribute.oid.size() && oid.back() == attribute.oid.back() &&
               oid == attribute.oid;
    });
    return found == attributes.end() ? nullptr : found;
}

const Attribute *attribute_with_tag(std::string_view tag)
{
    const auto *found = std::ranges::find(attributes, tag, &Attribute::mod_ssl_tag);
    return tag.empty() || found == attributes.end() ? nullptr : found;
}

Result<std::string> attribute_named(std::string_view name)
{
    for (const auto &attribute : attributes)
        if (equal_but_for_case(name, attribute.short_name))
            return std::string{attribute.oid};

    const openssl::ErrorScope errors;
    const std::string text{name};
    const openssl::ObjectPtr object{is_dotted(name) || is_descriptor(name)
                                        ? OBJ_txt2obj(text.c_str(), is_dotted(name))
                                        : nullptr};
    if (!object || OBJ_length(object.get()) == 0 || OBJ_length(object.get()) > longest_oid)
        return Error{quoted(text) +
                     " is no attribute type: a short name such as CN, OU, O, UID, DC "
                     "or emailAddress is, or a dotted OID such as 2.5.4.3"};
    return std::string{openssl::oid_of(object.get())};
}

}  // namespace clientcert

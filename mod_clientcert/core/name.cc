// SPDX-License-Identifier: Apache-2.0
// Names as text, and their values.
#include "core/asn1_text.hh"

#include <clientcert/name.hh>

namespace clientcert {
namespace {

// RFC 4514, 2.4: what is escaped anywhere in a value.
constexpr OctetSet special{"\"+,;<>\\"};

const ASN1_STRING *value_of(const X509_NAME *name, int index)
{
    return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
}

const ASN1_OBJECT *type_of(const X509_NAME *name, int index)
{
    return X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, index));
}

/// Whether RFC 4514 writes the value as it is.
bool needs_no_escape(const ASN1_STRING *value)
{
    if (!is_plain(value, special))
        return false;
    const Octets octets = openssl::octets_of(value);
    return octets.empty() ||
           (octets.front() != ' ' && octets.front() != '#' && octets.back() != ' ');
}

/// The usual name, of known types and values without escapes, without OpenSSL's printer, which
/// takes a function call for each character. Nothing where the name is not of that kind.
std::optional<std::string> plain(const X509_NAME *name)
{
    std::string text;
    int previous_set = 0;
    for (int i = X509_NAME_entry_count(name) - 1; i >= 0; --i) {
        const auto *entry = X509_NAME_get_entry(name, i);
        const auto *value = X509_NAME_ENTRY_get_data(entry);
        const auto *attribute = attribute_of(X509_NAME_ENTRY_get_object(entry));
        if (attribute == nullptr || !needs_no_escape(value))
            return std::nullopt;
        const int set = X509_NAME_ENTRY_set(entry);
        if (!text.empty())
            text += set == previous_set ? '+' : ',';
        previous_set = set;
        const Octets octets = openssl::octets_of(value);
        (text += attribute->short_name) += '=';
        text.append(reinterpret_cast<const char *>(octets.data()), octets.size());
    }
    return text;
}

std::string printed(const X509_NAME *name, unsigned long flags)
{
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    if (!bio)
        throw std::bad_alloc{};
    X509_NAME_print_ex(bio.get(), name, 0, flags);
    return openssl::contents(bio);
}

}  // namespace

std::vector<std::string> attribute_values(const X509_name_st *name, std::string_view oid)
{
    std::vector<std::string> values;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i)
        if (openssl::oid_of(type_of(name, i)) == oid)
            values.push_back(text_of(value_of(name, i)));
    return values;
}

std::string attribute_value(const X509_name_st *name, const Attribute &attribute, int index,
                            bool raw)
{
    for (int i = 0; i < X509_NAME_entry_count(name); ++i)
        if (openssl::oid_of(type_of(name, i)) == attribute.oid && index-- == 0)
            return text_of(value_of(name, i), raw);
    return {};
}

std::string rfc4514(const X509_name_st *name)
{
    if (auto text = plain(name))
        return std::move(*text);
    return printed(name, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
}

std::string rfc2253(const X509_name_st *name)
{
    return printed(name, XN_FLAG_RFC2253);
}

}  // namespace clientcert

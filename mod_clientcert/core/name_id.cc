// SPDX-License-Identifier: Apache-2.0
// A digest over a canonical form of names, which is the same exactly when X509_NAME_cmp finds no
// difference. OpenSSL has such a form, too, but gives no more of it away than 32 bits of a digest.
#include "core/ascii.hh"
#include "core/openssl.hh"

#include <clientcert/name.hh>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace clientcert {
namespace {

constexpr bool is_space(std::uint8_t octet)
{
    return octet == ' ' || (octet >= '\t' && octet <= '\r');
}

/// No two sequences of fields give the same octets.
void put_size(std::string &form, std::size_t size)
{
    for (const int shift : {24, 16, 8, 0})
        form += static_cast<char>(size >> shift & 0xff);
}

void put(std::string &form, std::string_view field)
{
    put_size(form, field.size());
    form += field;
}

/// Without spaces at the ends, with one where there are several, in lower case. Octets beyond ASCII
/// are left as they are: OpenSSL folds the case of no other letter.
void put_folded(std::string &form, Octets text)
{
    while (!text.empty() && is_space(text.front()))
        text = text.subspan(1);
    while (!text.empty() && is_space(text.back()))
        text = text.first(text.size() - 1);
    std::string folded;
    folded.reserve(text.size());
    bool after_space = false;
    for (const auto octet : text) {
        const bool space = is_space(octet);
        if (!space)
            folded += lower(static_cast<char>(octet));
        else if (!after_space)
            folded += ' ';
        after_space = space;
    }
    put(form, folded);
}

/// Whether strings of that type are compared as text.
bool is_text(int type)
{
    switch (type) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return true;
    default:
        return false;
    }
}

/// Whether the text is UTF-8 as it stands.
bool is_utf8(const ASN1_STRING *text)
{
    const int type = ASN1_STRING_type(text);
    if (type == V_ASN1_UTF8STRING)
        return true;
    return type != V_ASN1_BMPSTRING && type != V_ASN1_UNIVERSALSTRING &&
           std::ranges::all_of(openssl::octets_of(text),
                               [](std::uint8_t octet) { return octet < 0x80; });
}

/// What was made by a function of OpenSSL that gives a length and a buffer.
class Made {
public:
    explicit Made(auto make) : size_{make(&data_)} {}
    ~Made() { OPENSSL_free(data_); }
    Made(const Made &) = delete;
    Made &operator=(const Made &) = delete;

    explicit operator bool() const { return size_ >= 0; }
    Octets octets() const { return {data_, static_cast<std::size_t>(size_)}; }

private:
    std::uint8_t *data_ = nullptr;
    int size_;
};

/// Any other value, or one that is no text of its type: by what it encodes to.
void put_encoded(std::string &form, const ASN1_STRING *value)
{
    const Made der{[value](auto **place) { return i2d_ASN1_PRINTABLE(value, place); }};
    if (!der)
        throw std::runtime_error{"OpenSSL cannot encode a value of a name"};
    form += 'E';
    put(form, {reinterpret_cast<const char *>(der.octets().data()), der.octets().size()});
}

void put_value(std::string &form, const ASN1_STRING *value)
{
    if (!is_text(ASN1_STRING_type(value)))
        return put_encoded(form, value);
    if (is_utf8(value)) {
        form += 'T';
        return put_folded(form, openssl::octets_of(value));
    }
    const Made text{[value](auto **place) { return ASN1_STRING_to_UTF8(place, value); }};
    if (!text)
        return put_encoded(form, value);
    form += 'T';
    put_folded(form, text.octets());
}

void put_attribute(std::string &form, const X509_NAME_ENTRY *attribute)
{
    put(form, openssl::oid_of(X509_NAME_ENTRY_get_object(attribute)));
    put_value(form, X509_NAME_ENTRY_get_data(attribute));
}

/// The attributes of an RDN are a set: their order is that of their forms.
void put_set(std::string &form, const X509_NAME *name, int begin, int end)
{
    put_size(form, static_cast<std::size_t>(end - begin));
    if (end - begin == 1)
        return put_attribute(form, X509_NAME_get_entry(name, begin));
    std::vector<std::string> attributes(static_cast<std::size_t>(end - begin));
    for (auto &attribute : attributes)
        put_attribute(attribute, X509_NAME_get_entry(name, begin++));
    std::ranges::sort(attributes);
    for (const auto &attribute : attributes)
        form += attribute;
}

std::string canonical(const X509_NAME *name)
{
    std::string form;
    form.reserve(256);
    const int count = X509_NAME_entry_count(name);
    for (int begin = 0; begin < count;) {
        const int set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, begin));
        int end = begin + 1;
        while (end < count && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, end)) == set)
            ++end;
        put_set(form, name, begin, end);
        begin = end;
    }
    return form;
}

}  // namespace

NameId name_id(const X509_name_st *name)
{
    const openssl::ErrorScope errors;
    const Sha256 digest = sha256(octets_of(canonical(name)));
    NameId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Names that an administrator writes (RFC 4514, section 3), compared with those of certificates.
#include "core/openssl.hh"

#include <clientcert/name.hh>

#include <stdexcept>

namespace clientcert {
namespace {

/// What is wrong with the text; caught in DistinguishedName::parse.
struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

constexpr std::string_view specials = "\"+,;<>\\";

class Parser {
public:
    explicit Parser(std::string_view text) : rest_{text} {}

    /// One attributeTypeAndValue, up to the "," or "+" behind it.
    void attribute(X509_NAME &name, bool first_of_rdn);

    bool at_end() const { return rest_.empty(); }

    char take()
    {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

private:
    std::string type();
    openssl::TypePtr hex_value();
    std::string string_value();
    void escaped(std::string &value);
    void skip_spaces()
    {
        while (!rest_.empty() && rest_.front() == ' ')
            rest_.remove_prefix(1);
    }

    std::string_view rest_;
};

std::string Parser::type()
{
    skip_spaces();
    const auto end = rest_.find('=');
    if (end == rest_.npos)
        throw Malformed{"has no '=' in " + quoted(rest_)};
    std::string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    while (name.ends_with(' '))
        name.remove_suffix(1);
    auto oid = attribute_named(name);
    if (!oid)
        throw Malformed{"has a part that cannot be: " + oid.error()};
    return *std::move(oid);
}

/// "#" and the BER of the value in hexadecimal.
openssl::TypePtr Parser::hex_value()
{
    const auto end = std::min(rest_.find_first_of(",+ "), rest_.size());
    const auto digits = rest_.substr(1, end - 1);
    const auto octets = digits.find(':') == digits.npos ? from_hex(digits) : std::nullopt;
    rest_.remove_prefix(end);
    skip_spaces();
    if (!octets || octets->empty())
        throw Malformed{"has a '#' without pairs of hexadecimal digits behind it"};
    const auto *p = octets_of(*octets).data();
    const auto *const behind = p + octets->size();
    openssl::TypePtr value{d2i_ASN1_TYPE(nullptr, &p, static_cast<long>(octets->size()))};
    // Of these ASN1_TYPE holds no string of octets; no attribute of a name has them.
    const bool no_string = value && (value->type == V_ASN1_BOOLEAN || value->type == V_ASN1_NULL ||
                                     value->type == V_ASN1_OBJECT);
    if (!value || p != behind || no_string)
        throw Malformed{"has a '#' whose digits are no BER value"};
    return value;
}

void Parser::escaped(std::string &value)
{
    if (rest_.empty())
        throw Malformed{"ends with a lone backslash"};
    if (specials.find(rest_[0]) != specials.npos || rest_[0] == ' ' || rest_[0] == '#' ||
        rest_[0] == '=') {
        value += take();
        return;
    }
    const auto octet = from_hex(rest_.substr(0, 2));
    if (!octet || octet->size() != 1)
        throw Malformed{"has a backslash before neither a special character nor two hexadecimal "
                        "digits"};
    value += *octet;
    rest_.remove_prefix(2);
}

std::string Parser::string_value()
{
    std::string value;
    std::size_t kept = 0;  // spaces behind this are not part of the value
    while (!rest_.empty() && rest_.front() != ',' && rest_.front() != '+') {
        const char c = take();
        if (c == '\\') {
            escaped(value);
            kept = value.size();
            continue;
        }
        if (c == '\0' || specials.find(c) != specials.npos)
            throw Malformed{std::string{"has an unescaped "} +
                            (c == '\0' ? "NUL" : quoted({&c, 1}))};
        value += c;
        if (c != ' ')
            kept = value.size();
    }
    value.resize(kept);
    return value;
}

void Parser::attribute(X509_NAME &name, bool first_of_rdn)
{
    const std::string oid = type();
    const std::string der =
        std::string{'\x06', static_cast<char>(oid.size())} + oid;  // an OID is shorter than 128
    const auto *p = octets_of(der).data();
    const openssl::ObjectPtr object{d2i_ASN1_OBJECT(nullptr, &p, static_cast<long>(der.size()))};
    skip_spaces();

    // New RDNs go to the front: RFC 4514 writes the last one first.
    const int set = first_of_rdn ? 0 : 1;
    int added = 0;
    if (!rest_.empty() && rest_.front() == '#') {
        const auto value = hex_value();
        const ASN1_STRING *string = value->value.asn1_string;
        added = X509_NAME_add_entry_by_OBJ(&name, object.get(), value->type, string->data,
                                           string->length, 0, set);
        if (added == 1)  // how many bits of a BIT STRING count
            X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, 0))->flags = string->flags;
    } else {
        const std::string value = string_value();
        added = X509_NAME_add_entry_by_OBJ(&name, object.get(), V_ASN1_UTF8STRING,
                                           octets_of(value).data(), static_cast<int>(value.size()),
                                           0, set);
    }
    if (object == nullptr || added != 1)
        throw Malformed{"has a value that its attribute cannot have"};
}

void parse_into(X509_NAME &name, std::string_view text)
{
    Parser parser{text};
    bool first_of_rdn = true;
    while (true) {
        parser.attribute(name, first_of_rdn);
        if (parser.at_end())
            return;
        first_of_rdn = parser.take() == ',';
    }
}

}  // namespace

Result<DistinguishedName> DistinguishedName::parse(std::string_view text)
{
    const openssl::ErrorScope errors;
    DistinguishedName result;
    result.name_.reset(X509_NAME_new(), X509_NAME_free);
    if (!result.name_)
        throw std::bad_alloc{};
    if (text.find_first_not_of(' ') == text.npos)
        return Error{"a distinguished name is empty"};
    try {
        parse_into(*result.name_, text);
    } catch (const Malformed &why) {
        return Error{quoted(text) + " is no distinguished name of RFC 4514, it " + why.what()};
    }
    // The canonical form, which X509_NAME_cmp compares, is made while encoding.
    if (i2d_X509_NAME(result.name_.get(), nullptr) <= 0)
        return Error{quoted(text) + " cannot be encoded as a distinguished name"};
    return result;
}

bool DistinguishedName::matches(const X509_name_st *name) const
{
    return X509_NAME_cmp(name_.get(), name) == 0;
}

}  // namespace clientcert

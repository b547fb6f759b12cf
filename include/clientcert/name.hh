// SPDX-License-Identifier: Apache-2.0
// Distinguished names: printed, parsed and compared.
#pragma once

#include <clientcert/result.hh>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct X509_name_st;
struct asn1_object_st;

namespace clientcert {

/// An attribute type of names, with what the different parties call it.
struct Attribute {
    std::string_view oid;          ///< the contents of the OBJECT IDENTIFIER
    std::string_view short_name;   ///< RFC 4514 and OpenSSL
    std::string_view mod_ssl_tag;  ///< as in SSL_CLIENT_S_DN_tag; empty where mod_ssl has none
};

/// The attribute types that are known by name.
const Attribute *attribute_of(const asn1_object_st *type);

/// As mod_ssl spells it ("CN", "SP", "Email"), case and all; null where it knows none.
const Attribute *attribute_with_tag(std::string_view tag);

/// The values of one attribute type (the contents of its OBJECT IDENTIFIER) in a name, in the order
/// of its encoding.
/// Text is UTF-8 with control characters written \HH and backslashes doubled (mod_ssl's way).
std::vector<std::string> attribute_values(const X509_name_st *name, std::string_view oid);

/// The `index`th (from 0) of them, or nothing. `raw` leaves the octets of the string as they are
/// (mod_ssl's _RAW).
std::string attribute_value(const X509_name_st *name, const Attribute &attribute, int index,
                            bool raw);

/// The whole name as RFC 4514 writes it, UTF-8 unescaped: mod_ssl's SSL_CLIENT_S_DN to the octet.
std::string rfc4514(const X509_name_st *name);

/// As `rfc4514`, but octets above 127 are escaped as well (what RFC 2253 readers of old expect).
std::string rfc2253(const X509_name_st *name);

/// The attribute type that an administrator names, as the contents of its OBJECT IDENTIFIER: a
/// short name of RFC 4514 or OpenSSL (in any case) or a dotted OID.
Result<std::string> attribute_named(std::string_view name);

/// Names a distinguished name: the first half of a SHA-256. Equal for names that are equal by
/// RFC 5280, 7.1 (RDN by RDN, each as a set, case of ASCII and inner spaces of the string types
/// folded), and for no others.
using NameId = std::array<std::uint8_t, 16>;

NameId name_id(const X509_name_st *name);

/// A name that an administrator wrote.
class DistinguishedName {
public:
    /// Parses RFC 4514, section 3.
    static Result<DistinguishedName> parse(std::string_view text);

    /// Compares as RFC 5280, 7.1 asks: RDN by RDN, each as a set, case (of ASCII) and inner spaces
    /// of the string types folded. Never by what is printed.
    bool matches(const X509_name_st *name) const;

    const X509_name_st *get() const { return name_.get(); }

private:
    std::shared_ptr<X509_name_st> name_;
};

}  // namespace clientcert

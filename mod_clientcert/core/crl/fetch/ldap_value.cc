// SPDX-License-Identifier: Apache-2.0
#include "core/crl/fetch/ldap_value.hh"

#include <algorithm>

namespace clientcert {

bool LdapValue::take(std::string_view piece, std::string &octets)
{
    while (!piece.empty()) {
        const bool in_value = place_ == Place::base64;
        const auto size = in_value ? std::min(piece.find('\n'), piece.size()) : 0;
        if (size > 0 && !take_value(piece.substr(0, size), octets))
            return false;
        piece.remove_prefix(size);
        if (!piece.empty() && !take_line(piece.front()))
            return false;
        piece.remove_prefix(std::min<std::size_t>(1, piece.size()));
    }
    return true;
}

bool LdapValue::finish()
{
    if (!error_.empty())
        return false;
    if (place_ == Place::base64)
        return fail("the LDAP answer ends within a value");
    if (values_ == 0)
        return fail("the LDAP answer has no binary value: the URL should name an entry and an "
                    "attribute, as in ldap://HOST/DN?certificateRevocationList;binary");
    return true;
}

/// A character that is no part of a value.
bool LdapValue::take_line(char c)
{
    if (c == '\n') {
        begin_line();
        return decoder_.is_whole() || fail("the LDAP answer has a value that is not whole");
    }
    if (place_ == Place::name && c == ':') {
        place_ = Place::separator;
        colons_ = 1;
    } else if (place_ == Place::separator && c == ':' && colons_ == 1) {
        colons_ = 2;
    } else if (place_ == Place::separator && c == ' ' && colons_ == 2) {
        return begin_value();
    } else if (place_ == Place::separator) {
        place_ = Place::text;
    }
    return true;
}

void LdapValue::begin_line()
{
    place_ = Place::name;
    colons_ = 0;
}

bool LdapValue::begin_value()
{
    place_ = Place::base64;
    return ++values_ == 1 ||
           fail("the LDAP answer has several binary values: the URL should name one entry and one "
                "attribute, as in ldap://HOST/DN?certificateRevocationList;binary");
}

bool LdapValue::take_value(std::string_view text, std::string &octets)
{
    const auto before = octets.size();
    octets.resize(before + text.size() + 6);  // the decoder stops where a group has no room
    const auto progress =
        decoder_.decode(octets_of(text), {reinterpret_cast<std::uint8_t *>(octets.data()) + before,
                                          octets.size() - before});
    octets.resize(before + progress.written);
    return progress.read == text.size() || fail("the LDAP answer has a value that is not Base64");
}

bool LdapValue::fail(const char *error)
{
    error_ = error;
    return false;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/ldap_value.hh"

namespace clientcert {
namespace {

/// What a character of Base64 stands for; -1 for others.
int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

bool LdapValue::take(std::string_view piece, std::string &octets)
{
    for (const char c : piece)
        if (!take(c, octets))
            return false;
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

bool LdapValue::take(char c, std::string &octets)
{
    if (place_ == Place::base64)
        return take_base64(c, octets);
    if (c == '\n') {
        begin_line();
    } else if (place_ == Place::name && c == ':') {
        place_ = Place::separator;
        colons_ = 1;
    } else if (place_ == Place::separator) {
        if (c == ':' && colons_ == 1) {
            ++colons_;
        } else if (c == ' ' && colons_ == 2) {
            place_ = Place::base64;
            if (++values_ > 1)
                return fail("the LDAP answer has several binary values: the URL should name one "
                            "entry and one attribute, as in "
                            "ldap://HOST/DN?certificateRevocationList;binary");
        } else {
            place_ = Place::text;
        }
    }
    return true;
}

void LdapValue::begin_line()
{
    place_ = Place::name;
    colons_ = 0;
}

bool LdapValue::take_base64(char c, std::string &octets)
{
    if (c == '\n') {
        if (digits_ != 0)
            return fail("the LDAP answer has a value that is not whole");
        begin_line();
        return true;
    }
    const int digit = base64_digit(c);
    const bool pads = c == '=' && digits_ >= 2;
    // Padding ends the value: nothing but more padding of the same group may follow.
    if ((digit < 0 && !pads) || (padding_ > 0 && (!pads || digits_ == 0)))
        return fail("the LDAP answer has a value that is not Base64");
    padding_ += pads ? 1 : 0;
    bits_ = (bits_ << 6) | static_cast<std::uint32_t>(pads ? 0 : digit);
    if (++digits_ == 4) {
        for (int octet = 0; octet < 3 - padding_; ++octet)
            octets += static_cast<char>((bits_ >> (16 - 8 * octet)) & 0xff);
        bits_ = 0;
        digits_ = 0;
    }
    return true;
}

bool LdapValue::fail(const char *error)
{
    error_ = error;
    return false;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Takes the one binary value out of what libcurl makes of an LDAP answer.
#pragma once

#include "core/crl/reader/base64_decoder.hh"

#include <string>
#include <string_view>

namespace clientcert {

/// libcurl writes an entry as "DN: NAME", and each value as a line "\tATTRIBUTE: TEXT" or, where it
/// is binary, "\tATTRIBUTE:: BASE64". It comes in pieces of any size.
class LdapValue {
public:
    /// Reads on; what it found of the value is appended to `octets`. False when it cannot be used.
    bool take(std::string_view piece, std::string &octets);

    /// Whether all was well, at the end.
    bool finish();

    /// What is wrong; empty when nothing is.
    const std::string &error() const { return error_; }

private:
    enum class Place { name, separator, text, base64 };

    void begin_line();
    bool begin_value();
    bool take_line(char c);
    bool take_value(std::string_view text, std::string &octets);
    bool fail(const char *error);

    Place place_ = Place::name;
    int colons_ = 0;
    int values_ = 0;
    Base64Decoder decoder_;
    std::string error_;
};

}  // namespace clientcert

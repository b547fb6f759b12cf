// SPDX-License-Identifier: Apache-2.0
// What a certificate says of itself, by the names that people know.
#pragma once

#include <clientcert/certificate.hh>

#include <string>
#include <vector>

namespace clientcert {

/// One fact: none, one or several values. `name` is that of JSON; for people it has spaces.
struct Fact {
    const char *name;
    std::vector<std::string> values;
    bool is_list;  ///< whether there may be several
};

std::string label_of(const Fact &fact);

/// In the order in which people look at them.
std::vector<Fact> facts_of(const Certificate &certificate);

/// How a map names the attributes of its names: "subject:OU", "issuer:2.5.4.97"; each once.
std::vector<std::string> attribute_selectors(const Certificate &certificate);

/// "EC prime256v1, 256 bits".
std::string printed_key(const Certificate &certificate);

/// OpenSSL's long name, or the dotted OID.
std::string signature_algorithm(const Certificate &certificate);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Ready-made sets of request headers that tell an application who the client is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace clientcert {

class Client;

/// One field of a format: its name, and how its value is written. Nothing: it is left out.
struct HeaderField {
    std::string_view name;
    std::optional<std::string> (*write)(const Client &client);
    bool vary;  ///< whether a response's Vary may not name it (RFC 9440, section 3)
};

struct HeaderFormat {
    std::string_view name;
    std::string_view about;
    std::span<const HeaderField> fields;
    bool needs_chain;  ///< whether sessions have to carry the chain for it
};

std::span<const HeaderFormat> header_formats();

/// Null where no format has that name.
const HeaderFormat *header_format(std::string_view name);

/// "rfc9440, xfcc, ...": for messages.
std::string header_format_names();

}  // namespace clientcert

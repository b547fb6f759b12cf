// SPDX-License-Identifier: Apache-2.0
// Ready-made sets of request headers that tell an application who the client is, and the way back:
// certificates out of the headers that a proxy has set.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/result.hh>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

class Client;

/// One field of a format: its name, and how its value is written. Nothing: it is left out.
struct HeaderField {
    std::string_view name;
    std::optional<std::string> (*write)(const Client &client);
    bool vary;  ///< whether a response's Vary may not name it (RFC 9440, section 3)

    /// Whether it has no place without the field before it.
    bool needs_previous = false;
};

/// How a format takes certificates in.
struct HeaderReader {
    /// Which element of a field counts to which each proxy on the way adds one (XFCC).
    enum class Hop { last, first };

    /// The fields that carry certificates; the first one may have another name by configuration.
    std::span<const std::string_view> fields;

    /// `values[i]` is that of `fields[i]`, nothing where the request has none (several lines of one
    /// field come joined by ", "). The answer: the certificates, the client's own first; none where
    /// the proxy says that its client has none.
    /// The error tells what is wrong with the value, never all of it. At most `longest_chain`
    /// certificates, each of them DER and nothing but DER.
    Result<std::vector<Certificate>> (*read)(
        std::span<const std::optional<std::string_view>> values, Hop hop);

    bool has_hops;  ///< whether `hop` makes a difference
};

/// No proxy sends more of them for one client.
inline constexpr std::size_t longest_chain = 10;

struct HeaderFormat {
    std::string_view name;
    std::string_view about;
    std::span<const HeaderField> fields;
    bool needs_chain;            ///< whether sessions have to carry the chain for it
    const HeaderReader *reader;  ///< null where no certificate can be taken out of it
};

std::span<const HeaderFormat> header_formats();

/// Null where no format has that name.
const HeaderFormat *header_format(std::string_view name);

/// "rfc9440, xfcc, ...": for messages; of those that can be read only, or of all.
std::string header_format_names(bool readable_only = false);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Where distribution points that certificates name may lead to.
#include "core/ascii.hh"

#include <clientcert/crl_fetch.hh>
#include <clientcert/octets.hh>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace clientcert {
namespace {

using Network = AllowedHosts::Network;

constexpr int ipv4_offset = 96;  ///< bits of ::ffff:0:0/96, where IPv4 addresses are kept

constexpr Network ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, int bits)
{
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, 0}, ipv4_offset + bits};
}

constexpr Network ipv6(std::uint16_t a, std::uint16_t b, std::uint16_t c, int bits)
{
    const auto high = [](std::uint16_t n) { return static_cast<std::uint8_t>(n >> 8); };
    const auto low = [](std::uint16_t n) { return static_cast<std::uint8_t>(n & 0xff); };
    return {{high(a), low(a), high(b), low(b), high(c), low(c)}, bits};
}

constexpr Network any_ipv4 = ipv4(0, 0, 0, 0);
constexpr Network global_unicast = ipv6(0x2000, 0, 0, 3);

/// Not on the public Internet: the special-purpose registries of IANA (RFC 6890), and multicast.
constexpr auto special = std::to_array<Network>({
    ipv4(0, 0, 0, 8),
    ipv4(10, 0, 0, 8),
    ipv4(100, 64, 0, 10),
    ipv4(127, 0, 0, 8),
    ipv4(169, 254, 0, 16),
    ipv4(172, 16, 0, 12),
    ipv4(192, 0, 0, 24),
    ipv4(192, 0, 2, 24),
    ipv4(192, 88, 99, 24),
    ipv4(192, 168, 0, 16),
    ipv4(198, 18, 0, 15),
    ipv4(198, 51, 100, 24),
    ipv4(203, 0, 113, 24),
    ipv4(224, 0, 0, 4),
    ipv4(240, 0, 0, 4),
    ipv6(0x2001, 0, 0, 23),
    ipv6(0x2001, 0xdb8, 0, 32),
    ipv6(0x3fff, 0, 0, 20),
});

/// Prefixes of IPv6 behind which an IPv4 address follows: what counts is that one.
constexpr auto translated = std::to_array<Network>({
    ipv6(0x64, 0xff9b, 0, 96),  // NAT64
    ipv6(0x2002, 0, 0, 16),     // 6to4
});

using Address = std::array<std::uint8_t, 16>;

bool bit(const Address &address, int n)
{
    return ((address[static_cast<std::size_t>(n / 8)] >> (7 - n % 8)) & 1) != 0;
}

bool contains(const Network &network, const Address &address)
{
    for (int n = 0; n < network.bits; ++n)
        if (bit(network.address, n) != bit(address, n))
            return false;
    return true;
}

template <typename Networks>
bool any_contains(const Networks &networks, const Address &address)
{
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network &network) { return contains(network, address); });
}

Address mapped(const std::uint8_t *ipv4_octets)
{
    Address address = any_ipv4.address;
    std::memcpy(address.data() + 12, ipv4_octets, 4);
    return address;
}

std::string_view without_brackets(std::string_view text)
{
    return text.size() > 2 && text.starts_with('[') && text.ends_with(']')
               ? text.substr(1, text.size() - 2)
               : text;
}

std::optional<Address> parse_address(std::string_view text)
{
    const std::string terminated{without_brackets(text)};
    Address address{};
    if (terminated.find('\0') != terminated.npos)
        return std::nullopt;
    if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1)
        return address;
    std::array<std::uint8_t, 4> octets{};
    if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1)
        return mapped(octets.data());
    return std::nullopt;
}

/// Two names are the same host where this makes the same text of both.
std::string folded(std::string_view host)
{
    if (host.ends_with('.'))
        host.remove_suffix(1);
    std::string result{host};
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool is_host_name(std::string_view name)
{
    const auto allowed = [](char c) {
        return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.';
    };
    const auto last = name.substr(std::min(name.rfind('.') + 1, name.size()));
    return !name.empty() && !name.starts_with('.') && name.find("..") == name.npos &&
           std::all_of(name.begin(), name.end(), allowed) &&
           !std::all_of(last.begin(), last.end(), is_digit);
}

Error no_host(std::string_view text)
{
    return Error{quoted(text) + " is no host: a name such as crl.example.com or *.example.com, or "
                                "an address such as 192.0.2.1 or 2001:db8::/32 is expected"};
}

/// ADDRESS/BITS, or an address that stands for itself.
Result<Network> parse_network(std::string_view text, const Address &address,
                              std::optional<std::string_view> bits_text)
{
    const int offset = contains(any_ipv4, address) ? ipv4_offset : 0;
    const int most = 128 - offset;
    int bits = most;
    if (bits_text) {
        const char *end = bits_text->data() + bits_text->size();
        const auto parsed = std::from_chars(bits_text->data(), end, bits);
        if (parsed.ec != std::errc{} || parsed.ptr != end || bits < 0 || bits > most)
            return Error{quoted(text) + " has no number from 0 to " + std::to_string(most) +
                         " behind the slash"};
    }
    const Network network{address, offset + bits};
    for (int n = network.bits; n < 128; ++n)
        if (bit(address, n))
            return Error{quoted(text) + " has bits behind the first " + std::to_string(bits) +
                         ": the first address of the network is expected"};
    return network;
}

}  // namespace

Result<bool> AllowedHosts::add(std::string_view host)
{
    const auto slash = host.find('/');
    if (const auto address = parse_address(host.substr(0, slash))) {
        const auto bits = slash == host.npos ? std::nullopt : std::optional{host.substr(slash + 1)};
        auto network = parse_network(host, *address, bits);
        if (!network)
            return Error{network.error()};
        networks_.push_back(*std::move(network));
        return true;
    }
    auto name = folded(host);
    if (!is_host_name(name.starts_with("*.") ? std::string_view{name}.substr(2) : name))
        return no_host(host);
    hosts_.push_back(std::move(name));
    return true;
}

bool AllowedHosts::allows_host(std::string_view host) const
{
    if (const auto address = parse_address(host))
        return any_contains(networks_, *address);
    const auto name = folded(host);
    return std::any_of(hosts_.begin(), hosts_.end(), [&](std::string_view listed) {
        if (!listed.starts_with('*'))
            return name == listed;
        listed.remove_prefix(1);
        return name.size() > listed.size() && name.ends_with(listed);
    });
}

bool AllowedHosts::allows_address(std::string_view text) const
{
    const auto address = parse_address(text);
    return address && allows(*address);
}

bool AllowedHosts::allows(const std::array<std::uint8_t, 16> &address) const
{
    if (any_contains(networks_, address))
        return true;
    for (const auto &prefix : translated)
        if (contains(prefix, address))
            return allows(mapped(address.data() + prefix.bits / 8));
    return (contains(any_ipv4, address) || contains(global_unicast, address)) &&
           !any_contains(special, address);
}

}  // namespace clientcert

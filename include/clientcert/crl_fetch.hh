// SPDX-License-Identifier: Apache-2.0
// Downloads of CRLs: several at once, in steps that never wait.
#pragma once

#include <clientcert/result.hh>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// ClientCertCRLHosts: where distribution points named in certificates may be fetched from.
class AllowedHosts {
public:
    /// A host name (`*.` in front: any one below), or an address with or without /BITS; the latter
    /// are let through at connect although private or loopback. An error says what is wrong.
    Result<bool> add(std::string_view host);

    bool allows_host(std::string_view host) const;

    /// Whether a connection may be made to that address (text, IPv4 or IPv6): a public one, or one
    /// that is listed.
    bool allows_address(std::string_view address) const;

    bool operator==(const AllowedHosts &) const = default;

    /// The addresses that begin with the same bits; IPv4 ones as IPv6 has them (::ffff:192.0.2.1).
    struct Network {
        std::array<std::uint8_t, 16> address;
        int bits;

        bool operator==(const Network &) const = default;
    };

private:
    bool allows(const std::array<std::uint8_t, 16> &address) const;

    std::vector<std::string> hosts_;
    std::vector<Network> networks_;
};

/// For logs: without what stands before the host, such as a password.
std::string printable_url(std::string_view url);

struct Download {
    std::string url;
    int fd = -1;  ///< an empty file that is open for writing; the caller's
    std::chrono::seconds timeout{30};
    std::uint64_t max_size = 0;                ///< octets; more are an error
    std::string etag;                          ///< of what is there already, empty where unknown
    std::string last_modified;                 ///< its Last-Modified, as the server wrote it
    const AllowedHosts *restricted = nullptr;  ///< for URLs out of certificates; null: no limits
};

/// Whether it can be fetched from there at all; an error says what is wrong with the URL.
Result<bool> check_download_url(std::string_view url);

struct Downloaded {
    std::size_t id = 0;  ///< that `start` gave
    std::string error;   ///< empty when all went well
    bool unchanged = false;
    std::string etag;
    std::string last_modified;
    std::chrono::seconds retry_after{0};  ///< what the server asked for, 0 where it did not
};

/// Of one thread. Destroying it ends the downloads that are under way.
class Downloads {
public:
    Downloads();
    ~Downloads();
    Downloads(const Downloads &) = delete;
    Downloads &operator=(const Downloads &) = delete;

    /// http, https, ldap or ldaps (restricted: http and https).
    Result<std::size_t> start(Download download);

    /// Goes on with all downloads as far as possible without waiting; gives those that ended.
    std::vector<Downloaded> step();

    std::size_t under_way() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clientcert

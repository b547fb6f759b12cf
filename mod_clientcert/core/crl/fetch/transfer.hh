// SPDX-License-Identifier: Apache-2.0
// One download, from its start over all redirects to its end.
#pragma once

#include "core/crl/fetch/curl.hh"
#include "core/crl/fetch/download_url.hh"
#include "core/crl/fetch/ldap_value.hh"

#include <chrono>
#include <string>
#include <string_view>

namespace clientcert {

/// Stays where it is: libcurl knows its address.
class Transfer {
public:
    Transfer(std::size_t id, Download download, DownloadUrl url);
    Transfer(const Transfer &) = delete;
    Transfer &operator=(const Transfer &) = delete;

    /// For curl_multi_add_handle; its CURLINFO_PRIVATE is this transfer.
    CURL *handle() const { return easy_.get(); }

    /// The handle has ended that way. True: there is a new one, for where a redirect leads.
    bool ended(CURLcode code);

    const Downloaded &result() const { return result_; }

    static Transfer *of(CURL *handle);

private:
    // What libcurl calls.
    static std::size_t on_header(const char *, std::size_t, std::size_t, void *) noexcept;
    static std::size_t on_body(const char *, std::size_t, std::size_t, void *) noexcept;
    static curl_socket_t on_socket(void *, curlsocktype, curl_sockaddr *) noexcept;

    void open();
    void restrict_to_public();
    void ask_for_changes();
    void read_header(std::string_view line);
    bool read_body(std::string_view piece);
    bool store(std::string_view octets);
    bool may_connect(const sockaddr &address);

    long status() const;
    std::string redirect_target() const;
    void follow(const std::string &target);
    std::string problem(CURLcode code);
    std::string problem_with_connection(CURLcode code) const;
    std::string where() const;
    std::string too_large() const;

    Download download_;
    DownloadUrl url_;  ///< where redirects have led to
    std::chrono::steady_clock::time_point deadline_;
    Downloaded result_;
    LdapValue ldap_;
    std::uint64_t received_ = 0;  ///< octets of this answer's body
    std::uint64_t stored_ = 0;    ///< octets of the file
    int redirects_ = 0;
    std::string error_;            ///< why a callback stopped the transfer
    std::string refused_address_;  ///< the last one that was not connected to

    char curl_error_[CURL_ERROR_SIZE] = {};
    curl::ListPtr headers_;
    curl::EasyPtr easy_;
};

}  // namespace clientcert

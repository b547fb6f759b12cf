// SPDX-License-Identifier: Apache-2.0
// The URL of a download, and where it may lead to.
#pragma once

#include <clientcert/crl_fetch.hh>

#include <string>
#include <string_view>

namespace clientcert {

struct DownloadUrl {
    std::string text;    ///< as libcurl gets it
    std::string scheme;  ///< lower case
    std::string host;
    bool has_credentials;

    bool is_ldap() const { return scheme == "ldap" || scheme == "ldaps"; }

    static Result<DownloadUrl> parse(std::string_view text);

    /// Where a redirect leads: http to http or https, https to https.
    Result<DownloadUrl> redirected(std::string_view target) const;
};

/// What is wrong with a URL that a certificate names, or with where one redirects to; empty when
/// nothing is.
std::string refusal(const DownloadUrl &url, const AllowedHosts &restricted);

}  // namespace clientcert

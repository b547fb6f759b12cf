// SPDX-License-Identifier: Apache-2.0
#include "core/crl/fetch/download_url.hh"
#include "core/crl/fetch/curl.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <new>

namespace clientcert {
namespace {

std::string part_of(const curl::UrlPtr &url, CURLUPart part)
{
    char *text = nullptr;
    if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK)
        return {};
    return curl::TextPtr{text}.get();
}

/// Null where the text is no URL.
curl::UrlPtr taken_apart(std::string_view text)
{
    curl::UrlPtr url{curl_url()};
    if (!url)
        throw std::bad_alloc{};
    const std::string terminated{text};
    if (terminated.find('\0') != terminated.npos ||
        curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
            CURLUE_OK)
        url.reset();
    return url;
}

bool is_known(std::string_view scheme)
{
    return scheme == "http" || scheme == "https" || scheme == "ldap" || scheme == "ldaps";
}

/// In quotes, and fit for a log.
std::string shown(std::string_view url)
{
    return quoted(printable_url(url));
}

}  // namespace

std::string printable_url(std::string_view url)
{
    const auto slashes = url.find("://");
    const auto authority = slashes == url.npos ? 0 : slashes + 3;
    auto at = url.substr(0, url.find_first_of("/?#", authority)).rfind('@');
    if (!taken_apart(url))
        at = url.rfind('@');  // where its parts end is unknown: rather show too little of it
    if (at == url.npos || at < authority)
        return std::string{url};
    return std::string{url.substr(0, authority)} + std::string{url.substr(at + 1)};
}

Result<DownloadUrl> DownloadUrl::parse(std::string_view text)
{
    const auto url = taken_apart(text);
    if (!url)
        return Error{shown(text) + " is no URL: one such as http://crl.example.com/ca.crl is "
                                   "expected, with %20 and the like for other characters"};
    DownloadUrl result{
        part_of(url, CURLUPART_URL), part_of(url, CURLUPART_SCHEME), part_of(url, CURLUPART_HOST),
        !part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty()};
    if (!is_known(result.scheme))
        return Error{shown(text) +
                     " is no URL of a CRL: http, https, ldap or ldaps is expected, not " +
                     result.scheme};
    // libcurl would take the first part of a path for one.
    if (result.host.empty() || text.find(":///") == text.find(':'))
        return Error{shown(text) + " names no host"};
    return result;
}

Result<DownloadUrl> DownloadUrl::redirected(std::string_view target) const
{
    auto result = parse(target);
    if (!result)
        return result;
    if (result->scheme != "https" && (result->scheme != "http" || scheme != "http"))
        return Error{"a redirect to " + shown(target) +
                     " is not followed: it would have to lead to " +
                     (scheme == "http" ? "http or https" : "https")};
    return result;
}

std::string refusal(const DownloadUrl &url, const AllowedHosts &restricted)
{
    if (url.is_ldap())
        return shown(url.text) + " comes from a certificate: only http and https are then followed";
    if (url.has_credentials)
        return shown(url.text) + " comes from a certificate and has a user name, which no URL of a "
                                 "CRL needs";
    if (!restricted.allows_host(url.host))
        return shown(url.text) + " is not fetched: ClientCertCRLHosts does not list " +
               quoted(url.host);
    return {};
}

Result<bool> check_download_url(std::string_view url)
{
    auto parsed = DownloadUrl::parse(url);
    return parsed ? Result<bool>{true} : Error{parsed.error()};
}

}  // namespace clientcert

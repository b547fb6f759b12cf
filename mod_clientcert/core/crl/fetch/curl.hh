// SPDX-License-Identifier: Apache-2.0
// Ownership of libcurl's objects.
#pragma once

#include "core/freed.hh"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace clientcert::curl {

using EasyPtr = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using ListPtr = std::unique_ptr<curl_slist, Freed<curl_slist_free_all>>;
using MultiPtr = std::unique_ptr<CURLM, Freed<curl_multi_cleanup>>;
using TextPtr = std::unique_ptr<char, Freed<curl_free>>;
using UrlPtr = std::unique_ptr<CURLU, Freed<curl_url_cleanup>>;

/// libcurl's own global state; it counts.
class Global {
public:
    Global()
    {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error{"libcurl cannot be initialized"};
    }
    ~Global() { curl_global_cleanup(); }
    Global(const Global &) = delete;
    Global &operator=(const Global &) = delete;
};

/// For options that every libcurl has: none of them may be left out silently.
template <typename T>
void set(const EasyPtr &easy, CURLoption option, T value)
{
    if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK)
        throw std::runtime_error{"libcurl does not take an option"};
}

/// Whether this libcurl was built with that protocol.
inline bool knows(std::string_view scheme)
{
    const auto *known = curl_version_info(CURLVERSION_NOW)->protocols;
    while (*known && scheme != *known)
        ++known;
    return *known != nullptr;
}

/// Refuses all protocols but that one.
inline void allow_only(const EasyPtr &easy, const std::string &scheme)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    set(easy, CURLOPT_PROTOCOLS_STR, scheme.c_str());
#else
    const long protocol = scheme == "http"    ? CURLPROTO_HTTP
                          : scheme == "https" ? CURLPROTO_HTTPS
                          : scheme == "ldap"  ? CURLPROTO_LDAP
                                              : CURLPROTO_LDAPS;
    set(easy, CURLOPT_PROTOCOLS, protocol);
#endif
}

/// A transfer that ends while a name is being resolved leaves the thread that does it to itself.
inline void do_not_wait_for_names([[maybe_unused]] const EasyPtr &easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
    set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

}  // namespace clientcert::curl

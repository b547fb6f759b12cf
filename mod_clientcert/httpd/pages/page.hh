// SPDX-License-Identifier: Apache-2.0
// What the handlers of this module have in common: which requests they answer, and how.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/html.hh>
#include <clientcert/result.hh>

#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace clientcert::httpd {

/// A way to write a page: what `?format=` calls it, and its Content-Type.
struct Format {
    std::string_view name;
    const char *content_type;
};

inline constexpr Format html_format{"html", "text/html; charset=utf-8"};
inline constexpr Format json_format{"json", "application/json"};

/// Whether `SetHandler name` has brought the request here. A page that includes another one could
/// be kept by a cache, and shown to somebody else: these are included in none.
inline bool is_for(const request_rec &r, const char *name)
{
    // Each request of the server is asked: the first letter tells nearly all of them apart.
    return r.main == nullptr && r.handler != nullptr && *r.handler == *name &&
           std::strcmp(r.handler, name) == 0;
}

/// That status, for a handler to return once nothing more is being sent: to a client that still
/// does, an early answer is a broken stream (HTTP/2). One that asks first (Expect) need not send.
int heard_out(request_rec &r, int status);

/// OK where the method (M_GET, which HEAD is too, M_POST ...) is one of those; otherwise what the
/// handler has to return: httpd says then what is allowed.
int allow_methods(request_rec &r, std::initializer_list<int> methods);

/// The value of a parameter in what a form sends (application/x-www-form-urlencoded), as a query or
/// in a body; nothing where it is not there. Of several of that name the first. An error where it
/// cannot be decoded.
Result<std::optional<std::string>> parameter(std::string_view form, std::string_view name);

/// The format that the query asks for; the first one where it does not. An error is one of the
/// client's, and says which there are.
Result<Format> requested_format(const request_rec &r, std::span<const Format> formats);

/// The headers that all pages have: not to be stored, and nothing that runs or is loaded from
/// elsewhere.
void set_page_headers(request_rec &r, apr_table_t &headers);

/// Answers, with those headers. The handler has to return what this does.
int send(request_rec &r, const char *content_type, std::string_view body, int status = HTTP_OK);

/// Answers with one sentence.
int send_problem(request_rec &r, int status, const std::string &problem);

}  // namespace clientcert::httpd

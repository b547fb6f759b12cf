// SPDX-License-Identifier: Apache-2.0
#include "httpd/pages/page.hh"

#include "httpd/barrier.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <array>

namespace clientcert::httpd {
namespace {

constexpr std::size_t most_heard = std::size_t{1024} * 1024;

/// The one style that a page has is known by its digest.
std::string content_security_policy()
{
    const Sha256 digest = sha256(octets_of(style_sheet()));
    return "default-src 'none'; style-src 'sha256-" + base64(digest) +
           "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
}

Result<std::string> decoded(std::string_view text)
{
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            value += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const auto octet = from_hex(text.substr(i + 1, 2));
        if (!octet || octet->size() != 1)
            return Error{quoted(text.substr(i, 3)) + " in the query stands for no character"};
        value += *octet;
        i += 2;
    }
    return value;
}

std::string names_of(std::span<const Format> formats)
{
    std::string names;
    for (const auto &format : formats)
        (names += names.empty() ? "" : ", ") += format.name;
    return names;
}

}  // namespace

int heard_out(request_rec &r, int status)
{
    // ap_discard_request_body() does nothing in HTTP/2.
    if (r.expecting_100 || ap_setup_client_block(&r, REQUEST_CHUNKED_DECHUNK) != OK ||
        ap_should_client_block(&r) == 0)
        return status;
    std::array<char, 8192> part{};
    long more = 0;
    std::size_t size = 0;
    do {
        more = ap_get_client_block(&r, part.data(), part.size());
        size += more > 0 ? static_cast<std::size_t>(more) : 0;
    } while (more > 0 && size <= most_heard);
    return status;
}

int allow_methods(request_rec &r, std::initializer_list<int> methods)
{
    if (std::ranges::find(methods, r.method_number) != methods.end())
        return OK;
    for (const int method : methods)
        ap_allow_standard_methods(&r, MERGE_ALLOW, method, -1);
    return r.method_number == M_OPTIONS ? DECLINED : heard_out(r, HTTP_METHOD_NOT_ALLOWED);
}

Result<std::optional<std::string>> parameter(std::string_view form, std::string_view name)
{
    while (!form.empty()) {
        const auto field = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(form.size(), field.size() + 1));
        const auto equals = std::min(field.find('='), field.size());
        const auto key = decoded(field.substr(0, equals));
        if (!key)
            return Error{key.error()};
        if (*key != name)
            continue;
        auto value = decoded(field.substr(std::min(equals + 1, field.size())));
        if (!value)
            return Error{value.error()};
        return std::optional{*std::move(value)};
    }
    return std::optional<std::string>{};
}

Result<Format> requested_format(const request_rec &r, std::span<const Format> formats)
{
    const auto asked = parameter(r.args != nullptr ? r.args : "", "format");
    if (!asked)
        return Error{asked.error()};
    if (!*asked)
        return formats.front();
    const auto found = std::ranges::find(formats, **asked, &Format::name);
    if (found == formats.end())
        return Error{"There is no format " + quoted(**asked) + " here; there are " +
                     names_of(formats) + '.'};
    return *found;
}

void set_page_headers(request_rec &r, apr_table_t &headers)
{
    const auto set = [&headers](const char *name, const char *value) {
        apr_table_setn(&headers, name, value);
    };
    set("Cache-Control", "no-store");
    set("Content-Security-Policy", pool_copy(r.pool, content_security_policy()));
    set("Referrer-Policy", "same-origin");
    set("X-Content-Type-Options", "nosniff");
}

int send(request_rec &r, const char *content_type, std::string_view body, int status)
{
    // As an ErrorDocument a page has the status of the error.
    if (status != HTTP_OK)
        r.status = status;
    r.no_cache = 1;
    ap_set_content_type(&r, content_type);
    set_page_headers(r, *r.headers_out);
    ap_set_content_length(&r, static_cast<apr_off_t>(body.size()));
    if (!r.header_only)
        ap_rwrite(body.data(), static_cast<int>(body.size()), &r);
    return OK;
}

int send_problem(request_rec &r, int status, const std::string &problem)
{
    return send(r, "text/plain; charset=utf-8", problem + '\n', status);
}

}  // namespace clientcert::httpd

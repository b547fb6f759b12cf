// SPDX-License-Identifier: Apache-2.0
// The answer changes nothing, and a page elsewhere cannot read it. So that no page can make a
// browser ask either, a browser has to say that the form is one of ours (Fetch, "Sec-Fetch-Site";
// RFC 6454, "Origin"); what is no browser sends the certificate as it is.
#include "httpd/telling/question.hh"

#include "httpd/config/words.hh"
#include "httpd/pages/page.hh"
#include "httpd/request.hh"

#include <clientcert/certificate_file.hh>
#include <clientcert/octets.hh>

#include <algorithm>
#include <array>

namespace clientcert::httpd {
namespace {

constexpr std::size_t largest_body = std::size_t{64} * 1024;
constexpr std::size_t longest_path = 4096;
constexpr std::size_t most_certificates = 16;

using Body = std::variant<std::string, Misunderstanding>;

Misunderstanding wrong(std::string problem)
{
    return {HTTP_BAD_REQUEST, std::move(problem)};
}

/// To a client that is still sending, an early answer is a broken stream (HTTP/2): what is too much
/// is read as well, and not kept.
Body body_of(request_rec &r)
{
    if (const int status = ap_setup_client_block(&r, REQUEST_CHUNKED_DECHUNK); status != OK)
        return Misunderstanding{status, "The body cannot be read."};
    std::string body;
    if (ap_should_client_block(&r) == 0)
        return body;
    std::array<char, 8192> part{};
    std::size_t size = 0;
    for (;;) {
        const long more = ap_get_client_block(&r, part.data(), part.size());
        if (more < 0)
            return wrong("The body cannot be read.");
        size += static_cast<std::size_t>(more);
        if (size > most_heard || (more == 0 && size > largest_body))
            return Misunderstanding{HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "What was sent is larger than 64 KiB."};
        if (more == 0)
            return body;
        if (size <= largest_body)
            body.append(part.data(), static_cast<std::size_t>(more));
    }
}

/// "https://example.org:8443", of what the request names as its own host.
std::string own_origin(request_rec &r)
{
    const char *host = apr_table_get(r.headers_in, "Host");
    return std::string{ap_http_scheme(&r)} + "://" + (host != nullptr ? host : "");
}

std::string_view authority(std::string_view origin)
{
    const auto end = origin.find("://");
    return end == origin.npos ? std::string_view{} : origin.substr(end + 3);
}

/// Behind a proxy that ends TLS the scheme is not ours.
bool is_own(request_rec &r, std::string_view origin)
{
    const std::string own = own_origin(r);
    const auto [a, b] = is_passed(r) ? std::pair{authority(origin), authority(own)}
                                     : std::pair{origin, std::string_view{own}};
    return !a.empty() && is_word(a, b);
}

enum class Sender { this_server, another_site, no_browser };

Sender sender_of(request_rec &r)
{
    const char *site = apr_table_get(r.headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r.headers_in, "Origin");
    if (site == nullptr && origin == nullptr)
        return Sender::no_browser;
    const bool same_site = site == nullptr || std::string_view{site} == "same-origin";
    return same_site && (origin == nullptr || is_own(r, origin)) ? Sender::this_server
                                                                 : Sender::another_site;
}

/// Whatever stands before it: `openssl` writes what the certificate says there, or "Bag
/// Attributes". In a form the space would not be one.
bool is_pem(std::string_view body)
{
    constexpr std::string_view begin = "-----BEGIN ";
    return body.starts_with(begin) || body.find('\n' + std::string{begin}) != body.npos;
}

bool is_multipart(const request_rec &r)
{
    const char *type = apr_table_get(r.headers_in, "Content-Type");
    return type != nullptr && ap_cstr_casecmpn(type, "multipart/", 10) == 0;
}

/// What of it there is: null where neither form nor query has it.
Result<std::string> field(std::string_view form, const request_rec &r, std::string_view name)
{
    auto value = parameter(form, name);
    if (value && !*value)
        value = parameter(r.args != nullptr ? r.args : "", name);
    if (!value)
        return Error{value.error()};
    return value->value_or("");
}

std::variant<Question, Misunderstanding> question(const std::string &sent, std::string path)
{
    if (sent.find("PRIVATE KEY-----") != sent.npos)
        return wrong("There is a private key in what was sent. It is not needed, it has not been "
                     "looked at, and it is safer to make a new one now.");
    auto certificates = certificates_of(sent);
    if (!certificates)
        return wrong("A certificate in PEM is wanted, with its chain if it has one: " +
                     certificates.error() + '.');
    if (certificates->size() > most_certificates)
        return wrong("More than " + std::to_string(most_certificates) + " certificates are sent.");
    if (path.empty())
        path = "/";
    const bool torn =
        std::ranges::any_of(path, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
    if (path.size() > longest_path)
        return wrong("The path is longer than " + std::to_string(longest_path) + " octets.");
    if (path.front() != '/' || torn)
        return wrong("The path has to begin with a slash and be written as in a URL, not " +
                     quoted(path.substr(0, 100)) + '.');
    return Question{*std::move(certificates), std::move(path)};
}

}  // namespace

std::variant<Question, Misunderstanding> question_of(request_rec &r)
{
    const Sender sender = sender_of(r);
    const Misunderstanding not_ours{HTTP_FORBIDDEN, "The form is not one of this page."};
    if (sender == Sender::another_site)
        return not_ours;
    auto read = body_of(r);
    if (auto *problem = std::get_if<Misunderstanding>(&read))
        return std::move(*problem);
    const auto &body = std::get<std::string>(read);
    if (is_multipart(r))
        return Misunderstanding{HTTP_UNSUPPORTED_MEDIA_TYPE,
                                "A form has to be application/x-www-form-urlencoded; or the body "
                                "is the PEM itself (curl --data-binary @cert.pem)."};
    if (is_pem(body) || is_der(body)) {
        const auto path = field("", r, "path");
        return path ? question(body, *path) : wrong(path.error() + '.');
    }
    const auto pem = field(body, r, "certificate");
    const auto path = field(body, r, "path");
    if (!pem || !path)
        return wrong((pem ? path.error() : pem.error()) + '.');
    if (!pem->empty() && sender != Sender::this_server)
        return Misunderstanding{HTTP_FORBIDDEN,
                                "A form has to say that it comes from this page (Origin or "
                                "Sec-Fetch-Site); a program sends the PEM itself as the body."};
    return question(*pem, *path);
}

}  // namespace clientcert::httpd

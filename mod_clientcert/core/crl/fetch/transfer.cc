// SPDX-License-Identifier: Apache-2.0
#include "core/crl/fetch/transfer.hh"

#include <clientcert/octets.hh>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>

namespace clientcert {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int max_redirects = 5;
constexpr milliseconds max_connect_time{10'000};
constexpr long buffer_size = 262'144;

/// libcurl says where a redirect leads when its body, for humans, has come.
constexpr std::uint64_t max_redirect_body = 65'536;

/// libcurl's clock and ours need not agree to the millisecond.
constexpr milliseconds clock_slack{100};

/// Beside its value, in Base64, an LDAP answer has names.
constexpr std::uint64_t max_ldap_names = 65'536;

/// A value that cannot be kept on one line, or is absurd, is taken for none.
bool is_validator(std::string_view text)
{
    return text.size() <= 1024 && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
           });
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    const auto last = text.find_last_not_of(" \t\r\n");
    return first == text.npos ? std::string_view{} : text.substr(first, last + 1 - first);
}

/// What stands behind "NAME:" in a header line; nothing where it is another's.
std::optional<std::string_view> value_of(std::string_view name, std::string_view line)
{
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        strncasecmp(line.data(), name.data(), name.size()) != 0)
        return std::nullopt;
    const auto value = trimmed(line.substr(name.size() + 1));
    return is_validator(value) ? value : std::string_view{};
}

std::string address_text(const sockaddr &address)
{
    const void *octets =
        address.sa_family == AF_INET
            ? static_cast<const void *>(&reinterpret_cast<const sockaddr_in &>(address).sin_addr)
        : address.sa_family == AF_INET6
            ? static_cast<const void *>(&reinterpret_cast<const sockaddr_in6 &>(address).sin6_addr)
            : nullptr;
    std::array<char, INET6_ADDRSTRLEN> text{};
    return octets && inet_ntop(address.sa_family, octets, text.data(), text.size()) ? text.data()
                                                                                    : "";
}

/// The environment variables of the curl program; libcurl itself leaves them to its callers.
void use_certificates_of_environment(const curl::EasyPtr &easy)
{
    const auto variable = [](const char *name) {
        const char *value = std::getenv(name);
        return value && *value ? value : nullptr;
    };
    if (const char *bundle = variable("CURL_CA_BUNDLE")) {
        curl::set(easy, CURLOPT_CAINFO, bundle);
        return;
    }
    if (const char *directory = variable("SSL_CERT_DIR"))
        curl::set(easy, CURLOPT_CAPATH, directory);
    if (const char *file = variable("SSL_CERT_FILE"))
        curl::set(easy, CURLOPT_CAINFO, file);
}

void append(curl::ListPtr &list, const std::string &line)
{
    curl_slist *longer = curl_slist_append(list.get(), line.c_str());
    if (!longer)
        throw std::bad_alloc{};
    static_cast<void>(list.release());  // the head of the longer one
    list.reset(longer);
}

bool is_redirect(long status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

}  // namespace

Transfer::Transfer(std::size_t id, Download download, DownloadUrl url)
    : download_{std::move(download)}, url_{std::move(url)}, deadline_{steady_clock::now() +
                                                                      download_.timeout}
{
    result_.id = id;
    open();
}

Transfer *Transfer::of(CURL *handle)
{
    char *transfer = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
    return reinterpret_cast<Transfer *>(transfer);
}

void Transfer::open()
{
    curl::EasyPtr easy{curl_easy_init()};
    if (!easy)
        throw std::bad_alloc{};
    easy_ = std::move(easy);
    headers_.reset();
    received_ = 0;
    curl::set(easy_, CURLOPT_PRIVATE, static_cast<void *>(this));
    curl::set(easy_, CURLOPT_URL, url_.text.c_str());
    curl::allow_only(easy_, url_.scheme);
    curl::set(easy_, CURLOPT_ERRORBUFFER, curl_error_);
    curl::set(easy_, CURLOPT_USERAGENT, "mod_clientcert");
    curl::set(easy_, CURLOPT_BUFFERSIZE, buffer_size);
    curl::set(easy_, CURLOPT_NOSIGNAL, 1L);
    curl::do_not_wait_for_names(easy_);

    const auto left = std::max(
        milliseconds{1}, std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now()));
    curl::set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl::set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
              static_cast<long>(std::min(left, max_connect_time).count()));
    curl::set(easy_, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(download_.max_size));

    // A connection that another download made was made by that one's rules. (The second line keeps
    // HTTP/2 from sharing one that is in use.)
    curl::set(easy_, CURLOPT_FORBID_REUSE, 1L);
    curl::set(easy_, CURLOPT_FRESH_CONNECT, 1L);

    curl::set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl::set(easy_, CURLOPT_HEADERDATA, static_cast<void *>(this));
    curl::set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl::set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl::set(easy_, CURLOPT_WRITEDATA, static_cast<void *>(this));
    use_certificates_of_environment(easy_);
    curl::set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
    curl::set(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void *>(this));
    if (!url_.is_ldap())
        ask_for_changes();
    if (download_.restricted)
        restrict_to_public();
}

void Transfer::restrict_to_public()
{
    curl::set(easy_, CURLOPT_PROXY, "");  // whatever the environment says
}

/// libcurl's own way, CURLOPT_TIMECONDITION, would also drop a body whose Last-Modified is not
/// later although its ETag is another: a CRL that was replaced twice within a second.
void Transfer::ask_for_changes()
{
    if (!download_.etag.empty() && is_validator(download_.etag))
        append(headers_, "If-None-Match: " + download_.etag);
    if (!download_.last_modified.empty() && is_validator(download_.last_modified))
        append(headers_, "If-Modified-Since: " + download_.last_modified);
    curl::set(easy_, CURLOPT_HTTPHEADER, headers_.get());
}

// -- What libcurl calls ---------------------------------------------------------------------------

std::size_t Transfer::on_header(const char *data, std::size_t, std::size_t size,
                                void *transfer) noexcept
{
    try {
        static_cast<Transfer *>(transfer)->read_header({data, size});
        return size;
    } catch (...) {
        return 0;
    }
}

std::size_t Transfer::on_body(const char *data, std::size_t, std::size_t size,
                              void *transfer) noexcept
{
    try {
        return static_cast<Transfer *>(transfer)->read_body({data, size}) ? size : 0;
    } catch (...) {
        return 0;
    }
}

curl_socket_t Transfer::on_socket(void *transfer, curlsocktype, curl_sockaddr *address) noexcept
{
    try {
        auto &self = *static_cast<Transfer *>(transfer);
        if (self.download_.restricted && !self.may_connect(address->addr))
            return CURL_SOCKET_BAD;
        // No script of httpd's inherits it.
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    } catch (...) {
        return CURL_SOCKET_BAD;
    }
}

void Transfer::read_header(std::string_view line)
{
    if (line.starts_with("HTTP/")) {  // of the next answer, where there are several
        result_.etag.clear();
        result_.last_modified.clear();
    }
    if (const auto etag = value_of("ETag", line))
        result_.etag = *etag;
    if (const auto date = value_of("Last-Modified", line))
        result_.last_modified = *date;
}

bool Transfer::read_body(std::string_view piece)
{
    received_ += piece.size();
    if (!url_.is_ldap() && is_redirect(status())) {
        if (received_ > max_redirect_body)
            error_ = "the server redirects with more words than are listened to";
        return error_.empty();
    }
    if (!url_.is_ldap())
        return status() == 200 && store(piece);
    if (received_ > max_ldap_names + download_.max_size / 3 * 4) {
        error_ = too_large();
        return false;
    }
    std::string octets;
    if (!ldap_.take(piece, octets)) {
        error_ = ldap_.error();
        return false;
    }
    return store(octets);
}

bool Transfer::store(std::string_view octets)
{
    if (octets.size() > download_.max_size - stored_) {
        error_ = too_large();
        return false;
    }
    stored_ += octets.size();
    while (!octets.empty()) {
        const ssize_t written = write(download_.fd, octets.data(), octets.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            error_ = "cannot be written to its file: " + std::generic_category().message(errno);
            return false;
        }
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool Transfer::may_connect(const sockaddr &address)
{
    auto text = address_text(address);
    if (download_.restricted->allows_address(text))
        return true;
    refused_address_ = std::move(text);
    return false;
}

// -- The end --------------------------------------------------------------------------------------

bool Transfer::ended(CURLcode code)
{
    if (const auto target = redirect_target(); !target.empty() && code == CURLE_OK) {
        follow(target);
        if (error_.empty())
            return true;
    }
    const auto what = problem(code);
    if (!what.empty()) {
        result_.error = where() + ": " + what;
        result_.etag.clear();
        result_.last_modified.clear();
    }
    result_.unchanged = what.empty() && !url_.is_ldap() && status() == 304;
    return false;
}

long Transfer::status() const
{
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
}

std::string Transfer::redirect_target() const
{
    const char *target = nullptr;
    if (!url_.is_ldap() && is_redirect(status()))
        curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
    return target ? target : "";
}

void Transfer::follow(const std::string &target)
{
    auto next = url_.redirected(target);
    if (!next)
        error_ = next.error();
    else if (++redirects_ > max_redirects)
        error_ = "more than " + std::to_string(max_redirects) + " redirects";
    else if (download_.restricted)
        error_ = refusal(*next, *download_.restricted);
    if (!error_.empty())
        return;
    url_ = *std::move(next);
    refused_address_.clear();
    open();
}

/// Empty where all went well.
std::string Transfer::problem(CURLcode code)
{
    if (!error_.empty())
        return error_;
    const long http_status = url_.is_ldap() ? 0 : status();
    const bool asked = headers_ != nullptr;
    if (http_status == 304 && asked && code == CURLE_OK)
        return {};
    if (http_status != 0 && http_status != 200) {
        curl_off_t seconds = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
        result_.retry_after = std::chrono::seconds{seconds};
        return "the server answered with status " + std::to_string(http_status) +
               "; 200 was expected" + (asked ? ", or 304" : "");
    }
    if (code != CURLE_OK)
        return problem_with_connection(code);
    if (url_.is_ldap() && !ldap_.finish())
        return ldap_.error();
    return stored_ == 0 ? "the answer is empty; a CRL was expected" : "";
}

std::string Transfer::problem_with_connection(CURLcode code) const
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        if (!refused_address_.empty())
            return "no connection is made to " + refused_address_ +
                   ", which is no public address and not listed by ClientCertCRLHosts";
        break;
    case CURLE_FILESIZE_EXCEEDED:
        return too_large();
    case CURLE_OPERATION_TIMEDOUT:
        if (steady_clock::now() >= deadline_ - clock_slack)
            return "not finished within the timeout of " +
                   std::to_string(download_.timeout.count()) + " seconds";
        break;
    default:
        break;
    }
    std::string text = *curl_error_ ? curl_error_ : curl_easy_strerror(code);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    text = trimmed(text);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        text +=
            " (the CA certificates of the system count, or those of CURL_CA_BUNDLE or SSL_CERT_FILE)";
    return text;
}

std::string Transfer::where() const
{
    const auto asked = printable_url(download_.url);
    return redirects_ == 0 ? asked : asked + " (redirected to " + printable_url(url_.text) + ")";
}

std::string Transfer::too_large() const
{
    return "larger than " + std::to_string(download_.max_size) + " octets, its max-size";
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "httpd/forwarding/headers.hh"

#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/request.hh"

#include <clientcert/octets.hh>

#include <algorithm>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

using Text = Client::Text;

/// As a header's value: line breaks, which PEM has, become spaces as with mod_headers. Any other
/// control character has no place there.
Text header_value(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    const bool torn = std::ranges::any_of(
        text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
    if (torn)
        throw std::runtime_error{"a request header cannot have the value " + quoted(text)};
    return text.empty() ? Text{} : Text{std::move(text)};
}

/// Nothing where one of its variables is empty.
Text formatted(request_rec &r, const Header &header)
{
    Trace trace;
    const char *error = nullptr;
    const char *text = header.format->text(r, trace, error);
    if (text == nullptr)
        throw std::runtime_error{"the format of " + std::string{header.name} + " at " +
                                 header.format->file() + ':' +
                                 std::to_string(header.format->line()) +
                                 " cannot be evaluated: " + (error != nullptr ? error : "")};
    return trace.saw_empty ? Text{} : header_value(text);
}

enum class Oversize { fail, omit };
enum class Added { yes, left_out, no };

/// What httpd accepts in a request is what the next server can be expected to accept.
bool fits(request_rec &r, const char *name, std::size_t size, Oversize oversize)
{
    const auto line = std::string_view{name}.size() + 2 + size;
    if (line <= static_cast<std::size_t>(r.server->limit_req_fieldsize))
        return true;
    constexpr const char *problem = "the request header %s would have %" APR_SIZE_T_FMT
                                    " bytes, more than LimitRequestFieldSize (%d) allows";
    const char *told = apr_psprintf(r.pool, problem, name, line, r.server->limit_req_fieldsize);
    if (oversize == Oversize::fail)
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r,
                      CCLOGNO(0111) "cannot pass on the client's certificate: %s", told);
    else
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &r, CCLOGNO(0112) "left out: %s", told);
    return false;
}

bool all_fit(request_rec &r)
{
    const int fields = apr_table_elts(r.headers_in)->nelts;
    if (r.server->limit_req_fields == 0 || fields <= r.server->limit_req_fields)
        return true;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r,
                  CCLOGNO(0111) "cannot pass on the client's certificate: the request would have "
                                "%d headers, more than LimitRequestFields (%d) allows",
                  fields, r.server->limit_req_fields);
    return false;
}

/// `text` is kept at least as long as the request.
Added add(request_rec &r, const char *name, const Text &text, Oversize oversize = Oversize::fail)
{
    if (!text)
        return Added::left_out;
    if (!fits(r, name, text->size(), oversize))
        return oversize == Oversize::omit ? Added::left_out : Added::no;
    apr_table_addn(r.headers_in, name, text->c_str());
    return Added::yes;
}

Added add(request_rec &r, const Client &client, const ForwardedField &forwarded, Oversize oversize)
{
    const auto *kept = client.kept(forwarded.slot);
    if (kept == nullptr)
        kept = &client.keep(forwarded.slot, forwarded.format->write(client));
    return add(r, forwarded.name, *kept, oversize);
}

Added add(request_rec &r, const Client &client, const Header &header)
{
    if (header.slot == no_slot) {
        const auto *text = pool_new<const Text>(top_of(r).pool, formatted(r, header));
        return add(r, header.name, *text);
    }
    const auto *kept = client.kept(header.slot);
    if (kept == nullptr)
        kept = &client.keep(header.slot, formatted(r, header));
    return add(r, header.name, *kept);
}

/// An inner section says the last word on a name, and a header of its own more than a format.
bool is_overridden(std::size_t field, std::span<const Header *const> later)
{
    return std::ranges::any_of(later, [&](const Header *one) { return one->field == field; });
}

/// What ap_expr takes for text, and what is not meant as such.
void check_format(std::string_view format)
{
    if (format.empty())
        throw std::invalid_argument{"takes a format such as \"%{SSL_CLIENT_S_DN}\", or unset, not "
                                    "an empty one"};
    if (std::ranges::any_of(format, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        throw std::invalid_argument{"takes a format without control characters, not " +
                                    quoted(format)};
    // mod_headers marks its SSL variables by an s behind the brace.
    for (auto at = format.find("%{SSL_"); at != format.npos; at = format.find("%{SSL_", at + 1)) {
        const auto end = format.find('}', at);
        if (end != format.npos && format.substr(end + 1).starts_with('s') &&
            (end + 2 == format.size() || !apr_isalnum(format[end + 2])))
            throw std::invalid_argument{
                "takes variables without the \"s\" that mod_headers has behind "
                "them, not " +
                quoted(format)};
    }
}

/// A subrequest and an internal redirect begin with the headers of the request before them, whose
/// location may have said otherwise; whoever reads a body ahead (mod_ssl does, before it asks for a
/// certificate) has httpd merge its trailers.
bool may_hold_our_names(const request_rec &r)
{
    return r.main != nullptr || r.prev != nullptr || !apr_is_empty_table(r.trailers_in);
}

/// mod_include hands its environment, HTTP_* and all, to its subrequests.
void strip_environment(request_rec &r, const FieldNames &names)
{
    std::vector<const char *> found;
    const auto *array = apr_table_elts(r.subprocess_env);
    const auto *entries = reinterpret_cast<const apr_table_entry_t *>(array->elts);
    for (int i = 0; i < array->nelts; ++i)
        if (const std::string_view key{entries[i].key};
            key.starts_with("HTTP_") && names.contains(key.substr(5)))
            found.push_back(entries[i].key);
    for (const char *name : found)
        apr_table_unset(r.subprocess_env, name);
}

/// Adding is then enough: setting would compare each name with all that begin like it.
void make_room(request_rec &r, const FieldNames &names)
{
    if (r.main != nullptr) {
        // A subrequest has the headers of its request; what is said here is said for it alone.
        r.headers_in = apr_table_copy(r.pool, r.headers_in);
        strip_environment(r, names);
    }
    strip(*r.trailers_in, names);
    strip(*r.headers_in, names);
}

bool add_formats(request_rec &r, const Client &client, const Forward::Formats &forwarded,
                 std::span<const Header *const> headers)
{
    const auto oversize = forwarded.omit_oversize ? Oversize::omit : Oversize::fail;
    auto previous = Added::yes;
    for (const auto &field : forwarded.fields) {
        if (field.format->needs_previous && previous == Added::left_out)
            continue;
        previous =
            is_overridden(field.field, headers) ? Added::yes : add(r, client, field, oversize);
        if (previous == Added::no)
            return false;
    }
    return true;
}

bool add_all(request_rec &r, const Forward::Formats &forwarded,
             std::span<const Header *const> headers)
{
    const Client &client = client_of(r);
    if (!add_formats(r, client, forwarded, headers))
        return false;
    for (std::size_t i = 0; i < headers.size(); ++i)
        if (headers[i]->format != nullptr &&
            !is_overridden(headers[i]->field, headers.subspan(i + 1)) &&
            add(r, client, *headers[i]) == Added::no)
            return false;
    return true;
}

}  // namespace

void HeaderDirective::read(cmd_parms &cmd, Value &value, const char *header, const char *format)
{
    if (const auto checked = field_name(header); !checked)
        throw std::invalid_argument{checked.error()};
    auto &registry = Registry::of_configuration(cmd.pool);
    const std::size_t field = registry.fields.insert(header);
    const char *copy = apr_pstrdup(cmd.pool, header);
    if (ap_cstr_casecmp(format, "unset") == 0) {
        value.add(cmd.pool, pool_new<Header>(cmd.pool, copy, field, nullptr, no_slot));
        return;
    }
    check_format(format);
    auto expression = Expression::parse(cmd, apr_pstrdup(cmd.pool, format), Expression::Kind::text);
    if (!expression)
        throw std::invalid_argument{"takes a header name and a format such as "
                                    "\"%{SSL_CLIENT_S_DN}\", or unset, not '" +
                                    std::string{format} + "': " + expression.error()};
    const std::size_t slot = expression->constant() ? registry.new_text_slot() : no_slot;
    const auto *kept = pool_new<Expression>(cmd.pool, *std::move(expression));
    value.add(cmd.pool, pool_new<Header>(cmd.pool, copy, field, kept, slot));
}

namespace {

/// Takes oversize= off the end.
bool omits_oversize(Words &words)
{
    const std::string_view last{words.empty() ? "" : words.back()};
    if (!last.starts_with("oversize="))
        return false;
    if (last != "oversize=fail" && last != "oversize=omit")
        throw std::invalid_argument{"takes oversize=fail or oversize=omit, not " + quoted(last)};
    words = words.first(words.size() - 1);
    return last == "oversize=omit";
}

/// The same field cannot be written in two ways.
void refuse_second(std::span<const ForwardedField> fields, const HeaderFormat &format)
{
    for (const auto &field : format.fields)
        for (const auto &other : fields)
            if (ap_cstr_casecmp(other.name, field.name.data()) == 0)
                throw std::invalid_argument{
                    "takes formats that share no field; " + std::string{format.name} +
                    " is given twice, or writes " + other.name + " as another one does"};
}

}  // namespace

void Forward::read(cmd_parms &cmd, Value &value, Words words)
{
    auto &registry = Registry::of_configuration(cmd.pool);
    auto &fields = *pool_new<std::vector<ForwardedField>>(cmd.pool);
    const std::string line = joined(words);
    const bool omit = omits_oversize(words);
    const bool none = words.size() == 1 && std::string_view{words[0]} == "none";
    const auto known = [](const char *word) { return header_format(word) != nullptr; };
    if (words.empty() || (!none && !std::ranges::all_of(words, known)))
        throw std::invalid_argument{"takes one or more of " + header_format_names() +
                                    ", and oversize=fail|omit behind them, or none alone, not " +
                                    quoted(line)};
    for (const char *word : none ? Words{} : words) {
        const auto *format = header_format(word);
        refuse_second(fields, *format);
        registry.sessions_carry_chain = registry.sessions_carry_chain || format->needs_chain;
        for (const auto &field : format->fields) {
            const auto number = registry.fields.insert(field.name);
            fields.push_back({&field, apr_pstrdup(cmd.pool, field.name.data()), number,
                              registry.new_text_slot()});
        }
    }
    value.set({fields, omit});
}

int strip(apr_table_t &headers, const FieldNames &names)
{
    std::vector<const char *> found;
    const auto *array = apr_table_elts(&headers);
    const auto *entries = reinterpret_cast<const apr_table_entry_t *>(array->elts);
    for (int i = 0; i < array->nelts; ++i)
        if (names.contains(entries[i].key))
            found.push_back(entries[i].key);
    for (const char *name : found)
        apr_table_unset(&headers, name);
    return static_cast<int>(found.size());
}

int strip_headers(request_rec *r)
{
    const auto &names = server_config(*r->server).registry->fields;
    if (!names.empty())
        if (const int count = strip(*r->headers_in, names); count > 0)
            ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                          CCLOGNO(0110) "removed %d request headers that this server alone sets",
                          count);
    return DECLINED;
}

void strip_merged_trailers(request_rec &r)
{
    const auto &names = server_config(*r.server).registry->fields;
    if (!names.empty() && !apr_is_empty_table(r.trailers_in))
        make_room(r, names);
}

namespace {

enum class Headers : std::uint8_t { none, set, unfit };

Headers put_headers(request_rec &r)
{
    const auto &names = server_config(*r.server).registry->fields;
    if (names.empty())
        return Headers::none;
    const auto &config = directory_config(r);
    const auto headers = config.get<HeaderDirective>().items();
    const auto &forwarded = config.get<Forward>().value;
    const bool none = headers.empty() && forwarded.fields.empty();
    if (none && !may_hold_our_names(r))
        return Headers::none;
    make_room(r, names);
    if (none)
        return Headers::none;
    return add_all(r, forwarded, headers) ? Headers::set : Headers::unfit;
}

}  // namespace

int set_headers_again(request_rec *r)
{
    return put_headers(*r) == Headers::unfit ? HTTP_INTERNAL_SERVER_ERROR : DECLINED;
}

int set_headers(request_rec *r)
{
    const auto headers = put_headers(*r);
    if (headers == Headers::none || (headers == Headers::set && all_fit(*r)))
        return DECLINED;
    return HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace clientcert::httpd

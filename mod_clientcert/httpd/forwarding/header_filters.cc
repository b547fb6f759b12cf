// SPDX-License-Identifier: Apache-2.0
// Filters around the headers: trailers that httpd merges into them, and responses that depend on
// them.
#include "httpd/config/directives.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"
#include "httpd/forwarding/headers.hh"

#include <algorithm>

namespace clientcert::httpd {
namespace {

constexpr const char *trailers_filter = "CLIENTCERT_TRAILERS";
constexpr const char *vary_filter = "CLIENTCERT_VARY";

bool ends(const apr_bucket_brigade *brigade)
{
    return !APR_BRIGADE_EMPTY(brigade) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
}

/// With `MergeTrailers On` what stood in the trailers is among the headers when the body ends:
/// everything under our names goes, and ours come back.
apr_status_t read_body(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                       apr_read_type_e block, apr_off_t size)
{
    const auto status = ap_get_brigade(filter->next, brigade, mode, block, size);
    if (status != APR_SUCCESS || !ends(brigade))
        return status;
    request_rec *r = filter->r;
    ap_remove_input_filter(filter);
    if (apr_is_empty_table(r->trailers_in))
        return status;
    return set_headers_again(r) == DECLINED ? APR_SUCCESS : APR_EGENERAL;
}

/// The names in a comma-separated list; quotes do not occur in Vary.
bool names_one_of(const char *vary, std::span<const ForwardedField> fields)
{
    for (std::string_view rest{vary}; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        auto name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
        name = name.substr(0, name.find_last_not_of(" \t") + 1);
        const bool found = std::ranges::any_of(fields, [&](const ForwardedField &forwarded) {
            return forwarded.format->vary && is_word(name, forwarded.name);
        });
        if (found)
            return true;
    }
    return false;
}

/// The client did not send the header that the application says its answer depends on: to any
/// cache on the way it depends on something unknown (RFC 9440, section 3).
void rewrite_vary(apr_table_t *headers, std::span<const ForwardedField> fields)
{
    struct Search {
        std::span<const ForwardedField> fields;
        bool found;
    } search{fields, false};
    apr_table_do(
        [](void *rec, const char *, const char *value) noexcept {
            auto *one = static_cast<Search *>(rec);
            one->found = one->found || names_one_of(value, one->fields);
            return 1;
        },
        &search, headers, "Vary", nullptr);
    if (search.found)
        apr_table_setn(headers, "Vary", "*");
}

apr_status_t send_response(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    auto *next = filter->next;
    ap_remove_output_filter(filter);
    const auto fields = directory_config(*r).get<Forward>().value.fields;
    rewrite_vary(r->headers_out, fields);
    rewrite_vary(r->err_headers_out, fields);
    return ap_pass_brigade(next, brigade);
}

/// A body whose end may bring trailers: a chunked one, or one of HTTP/2 (which are requests on
/// connections that have a master).
bool may_have_trailers(const request_rec &r)
{
    return r.connection->master != nullptr ||
           apr_table_get(r.headers_in, "Transfer-Encoding") != nullptr;
}

}  // namespace

void insert_header_filters(request_rec *r)
{
    if (r->main != nullptr)
        return;
    if (!server_config(*r->server).registry->fields.empty() && may_have_trailers(*r))
        ap_add_input_filter(trailers_filter, nullptr, r, r->connection);
    if (!directory_config(*r).get<Forward>().value.fields.empty())
        ap_add_output_filter(vary_filter, nullptr, r, r->connection);
}

void register_header_filters()
{
    ap_register_input_filter(trailers_filter, guarded<read_body, APR_EGENERAL>, nullptr,
                             AP_FTYPE_CONTENT_SET);
    // Behind mod_headers, which may set Vary (of the same type, but added earlier), and in front of
    // mod_cache (AP_FTYPE_CONTENT_SET + 1), which has to see what becomes of it.
    ap_register_output_filter(vary_filter, guarded<send_response, APR_EGENERAL>, nullptr,
                              AP_FTYPE_CONTENT_SET);
}

}  // namespace clientcert::httpd

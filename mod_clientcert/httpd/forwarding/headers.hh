// SPDX-License-Identifier: Apache-2.0
// Request headers for the application behind: nobody else's get there under our
// names, and ours do.
#pragma once

#include "httpd/config/config.hh"
#include "httpd/decision/expression.hh"

#include <clientcert/field_name.hh>
#include <clientcert/header_format.hh>

namespace clientcert::httpd {

struct Header {
    const char *name;
    std::size_t field;         ///< the number of the name, which another spelling shares
    const Expression *format;  ///< null: unset
    std::size_t slot;          ///< where a client's text is kept; `no_slot` for none
};

struct HeaderDirective {
    static constexpr const char *name = "ClientCertHeader";
    static constexpr const char *usage = "a request header and its format, or unset";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = List<Header>;

    static void read(cmd_parms &cmd, Value &value, const char *header, const char *format);
};

struct ForwardedField {
    const HeaderField *format;
    const char *name;
    std::size_t field;  ///< as in Header
    std::size_t slot;
};

struct Forward {
    static constexpr const char *name = "ClientCertForward";
    static constexpr const char *usage =
        "ready-made formats of request headers, and oversize=fail|omit, or none";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;

    struct Formats {
        std::span<const ForwardedField> fields;
        bool omit_oversize = false;  ///< leave out what is too large, and let the request go on
    };
    using Value = Setting<Formats>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

/// Removes what a client sent under any name that this configuration sets anywhere.
int strip_headers(request_rec *r);

/// Removes all under these names; answers how many there were.
int strip(apr_table_t &headers, const FieldNames &names);

/// Strips once more where httpd has merged trailers into the headers already.
void strip_merged_trailers(request_rec &r);

/// Sets the headers; 500 where they would be too large, or too many, for a request.
int set_headers(request_rec *r);

/// The same for mod_proxy, which has cleared what the client's `Connection` names, and has added
/// fields of its own that do not count.
int set_headers_again(request_rec *r);

/// Adds the filters below where a request needs them.
void insert_header_filters(request_rec *r);

void register_header_filters();

}  // namespace clientcert::httpd

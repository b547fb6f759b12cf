// SPDX-License-Identifier: Apache-2.0
// The directives by which a virtual host takes certificates out of the headers of a proxy.
#pragma once

#include "httpd/config/config.hh"

#include <clientcert/header_format.hh>

namespace clientcert::httpd {

/// Peers that are believed.
struct ProxyAddress {
    apr_ipsubnet_t *subnet;  ///< null: whoever comes by a unix socket
};

struct TrustedProxy {
    static constexpr const char *name = "ClientCertTrustedProxy";
    static constexpr const char *usage = "addresses of proxies, ADDRESS[/BITS] or unix:";
    static constexpr int where = RSRC_CONF;
    using Value = List<ProxyAddress>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

/// How certificates are taken in.
struct Intake {
    const HeaderFormat *format;
    std::vector<std::string> fields;  ///< in the order of the format's
    HeaderReader::Hop hop;
};

struct From {
    static constexpr const char *name = "ClientCertFrom";
    static constexpr const char *usage = "a format, and header=NAME, hop=first|last";
    static constexpr int where = RSRC_CONF;
    using Value = Setting<const Intake *>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

}  // namespace clientcert::httpd

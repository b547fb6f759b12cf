// SPDX-License-Identifier: Apache-2.0
// The directives of revocation: where CRLs come from, and what is made of them.
#pragma once

#include "httpd/config/config.hh"

#include <clientcert/crl_keeper.hh>
#include <clientcert/revocation.hh>

namespace clientcert::httpd {

struct Crl {
    static constexpr const char *name = "ClientCertCRL";
    static constexpr const char *usage =
        "a file, a directory, a URL or cdp, and refresh=TIME, timeout=TIME, max-size=SIZE";
    static constexpr int where = RSRC_CONF;
    using Value = List<CrlSource>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

struct CrlPolicy {
    static constexpr const char *name = "ClientCertCRLPolicy";
    static constexpr const char *usage =
        "scope=leaf|chain, missing=deny|allow, expired=deny|allow|grace:TIME";
    static constexpr int where = RSRC_CONF;
    using Value = Setting<RevocationPolicy>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

/// Hosts are the whole server's, whatever virtual host a line stands in: so are the CRLs.
struct CrlHosts {
    static constexpr const char *name = "ClientCertCRLHosts";
    static constexpr const char *usage = "hosts and addresses that cdp may fetch CRLs from";
    static constexpr int where = RSRC_CONF;
    using Value = List<char>;

    static void read(cmd_parms &cmd, Value &value, Words words);
};

struct CrlIssuer {
    static constexpr const char *name = "ClientCertCRLIssuer";
    static constexpr const char *usage = "a file with certificates of CRL issuers";
    static constexpr int where = RSRC_CONF;
    using Value = List<Certificate>;

    static void read(cmd_parms &cmd, Value &value, const char *path);
};

struct StateDirectory {
    static constexpr const char *name = "ClientCertStateDir";
    static constexpr const char *usage = "a directory for compiled and downloaded CRLs";
    static constexpr int where = RSRC_CONF;
    using Value = Setting<const char *>;

    static void read(cmd_parms &cmd, Value &value, const char *path);
};

struct RevokedConnections {
    static constexpr const char *name = "ClientCertRevokedConnections";
    static constexpr const char *usage = "keep|close";
    static constexpr int where = RSRC_CONF;

    enum class Fate { close, keep };
    using Value = Setting<Fate>;

    static void read(cmd_parms &cmd, Value &value, const char *word);
};

}  // namespace clientcert::httpd

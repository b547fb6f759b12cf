// SPDX-License-Identifier: Apache-2.0
// Files of CA certificates: those of a directory, and those for what proxies send.
#pragma once

#include "httpd/config/config.hh"

#include <clientcert/certificate.hh>

#include <string>
#include <vector>

namespace clientcert::httpd {

/// The CA certificates of one file or directory.
struct Authorities {
    std::string path;
    std::vector<Certificate> certificates;
};

struct Ca {
    static constexpr const char *name = "ClientCertCA";
    static constexpr const char *usage = "a file or directory of CA certificates";
    static constexpr int where = RSRC_CONF | ACCESS_CONF;
    using Value = Setting<const Authorities *>;

    static void read(cmd_parms &cmd, Value &value, const char *path);
};

struct CaCertificateFile {
    static constexpr const char *name = "ClientCertCACertificateFile";
    static constexpr const char *usage = "a file of CA certificates";
    static constexpr int where = RSRC_CONF;
    using Value = Setting<const Authorities *>;

    static void read(cmd_parms &cmd, Value &value, const char *path);
};

}  // namespace clientcert::httpd

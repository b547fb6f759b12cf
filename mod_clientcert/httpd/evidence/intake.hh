// SPDX-License-Identifier: Apache-2.0
// Certificates that a trusted proxy passes on in a header.
#pragma once

#include "httpd/evidence/client_cache.hh"
#include "httpd/evidence/proxy_directives.hh"

#include <list>

namespace clientcert::httpd {

/// The values of an intake's fields in one request; nothing where it has none.
using FieldValues = std::vector<std::optional<std::string_view>>;

/// What a proxy has said of its clients on one connection: most repeat themselves.
class PassedClients {
public:
    /// Null where these values have not been seen lately.
    std::shared_ptr<const ClientCache> find(const Intake &intake, const FieldValues &values);
    void remember(const Intake &intake, const FieldValues &values,
                  std::shared_ptr<const ClientCache> clients);

private:
    struct Seen {
        const Intake *intake;
        std::vector<std::optional<std::string>> values;
        std::shared_ptr<const ClientCache> clients;
    };

    std::mutex mutex_;      ///< streams of HTTP/2 share the connection
    std::list<Seen> seen_;  ///< the latest first
};

/// Whether the peer is a proxy that the virtual host believes.
bool comes_from_proxy(const conn_rec &c, const server_rec &s);

/// Takes the certificate out of the request, where the virtual host takes it from this peer. 400
/// where its header cannot be read.
int take_in(request_rec &r);

/// Prepares a connection, so that its streams can share what they take in.
int expect_proxies(conn_rec *c, void *socket);

/// Tells, once all of the configuration is read, what is missing; `httpd -t` asks it.
int check_intakes(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

}  // namespace clientcert::httpd

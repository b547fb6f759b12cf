// SPDX-License-Identifier: Apache-2.0
// The TLS connections of one process, and the thread that ends those of the revoked: a WebSocket or
// a long download makes no further request that could be refused.
#pragma once

#include "httpd/httpd.hh"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace clientcert::httpd {

class Connection;
class SharedCrls;

/// Links of a list whose members know their place in it.
struct ListLinks {
    Connection *previous = nullptr;
    Connection *next = nullptr;
    bool listed = false;
};

class OpenConnections {
public:
    explicit OpenConnections(const SharedCrls &crls) : crls_{crls} {}
    ~OpenConnections() { stop(); }
    OpenConnections(const OpenConnections &) = delete;
    OpenConnections &operator=(const OpenConnections &) = delete;

    /// A connection is in the list from its handshake to the end of its socket; removing it twice
    /// does no harm.
    void add(Connection &connection);
    void remove(Connection &connection);

    /// The thread, in a child that serves.
    void start();
    void stop();

private:
    void watch();
    void close_revoked();
    static bool close_all_revoked(OpenConnections *self, std::uint64_t generation);

    const SharedCrls &crls_;
    std::mutex mutex_;  ///< guards what is below
    Connection *first_ = nullptr;
    bool stopping_ = false;
    std::condition_variable wake_;
    std::thread thread_;
};

/// Begins to watch the connections of a child, until it ends: when it drains after a graceful
/// restart, too.
void watch_connections(apr_pool_t *pchild, server_rec *s);

/// The socket of a connection is about to be closed.
int forget_connection(conn_rec *c);

}  // namespace clientcert::httpd

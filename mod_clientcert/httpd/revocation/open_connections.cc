// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation/open_connections.hh"

#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/evidence/connection.hh"
#include "httpd/revocation/shared_crls.hh"

#include <clientcert/clock.hh>

#include <csignal>

namespace clientcert::httpd {
namespace {

/// How long a connection may stay open after its certificate was revoked: a small part of what a
/// person would notice.
constexpr std::chrono::milliseconds pause{200};

/// No signal is for this thread: httpd's own threads wait for them.
class NoSignals {
public:
    NoSignals()
    {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    NoSignals(const NoSignals &) = delete;
    NoSignals &operator=(const NoSignals &) = delete;

private:
    sigset_t before_{};
};

}  // namespace

void OpenConnections::add(Connection &connection)
{
    const std::scoped_lock lock{mutex_};
    auto &links = connection.links();
    links.listed = true;
    links.next = first_;
    if (first_ != nullptr)
        first_->links().previous = &connection;
    first_ = &connection;
}

void OpenConnections::remove(Connection &connection)
{
    const std::scoped_lock lock{mutex_};
    auto &links = connection.links();
    if (!links.listed)
        return;
    if (links.next != nullptr)
        links.next->links().previous = links.previous;
    (links.previous != nullptr ? links.previous->links().next : first_) = links.next;
    links = {};
}

void OpenConnections::start()
{
    const NoSignals no_signals;
    thread_ = std::thread{&OpenConnections::watch, this};
}

void OpenConnections::stop()
{
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void OpenConnections::watch()
{
    std::unique_lock lock{mutex_};
    auto seen = crls_.generation();
    while (!wake_.wait_for(lock, pause, [this] { return stopping_; })) {
        const auto generation = crls_.generation();
        if (generation != seen && guarded<close_all_revoked, false>(this, generation))
            seen = generation;
    }
}

bool OpenConnections::close_all_revoked(OpenConnections *self, std::uint64_t generation)
{
    if (self->crls_.view().generation != generation)
        return false;  // the new CRLs cannot be mapped; they will be tried again
    self->close_revoked();
    return true;
}

/// With the lock held: no socket is closed meanwhile.
void OpenConnections::close_revoked()
{
    const Time now = current_time();
    for (auto *connection = first_; connection != nullptr; connection = connection->links().next)
        connection->close_if_revoked(now);
}

void watch_connections(apr_pool_t *pchild, server_rec *s)
{
    auto *connections = server_config(*s).registry->connections;
    if (connections == nullptr)
        return;
    connections->start();
    apr_pool_pre_cleanup_register(pchild, connections, [](void *self) noexcept -> apr_status_t {
        static_cast<OpenConnections *>(self)->stop();
        return APR_SUCCESS;
    });
}

int forget_connection(conn_rec *c)
{
    if (c->master == nullptr)
        if (auto *connection = Connection::of(*c))
            connection->unlist();
    return OK;
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/evidence/intake.hh"

#include "httpd/barrier.hh"
#include "httpd/config/server_config.hh"
#include "httpd/evidence/connection.hh"
#include "httpd/request.hh"

#include <clientcert/clock.hh>

#include <algorithm>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

/// How many certificates a connection remembers: enough for a proxy that takes turns between its
/// clients, and no more than it may cost.
constexpr std::size_t most = 16;
constexpr std::size_t longest_message = 500;

/// A stranger can send what he likes, and must not fill the log with it.
constexpr apr_time_t between_warnings = apr_time_from_sec(60);

/// Values that are larger are read each time: a client may be able to add to them.
constexpr std::size_t largest_remembered = std::size_t{64} * 1024;

/// The value of one field, in the memory of the request; several lines joined as httpd does it.
std::optional<std::string_view> value_of(const request_rec &r, const std::string &field)
{
    struct Lines {
        apr_pool_t *pool;
        const char *joined;
    } lines{r.pool, nullptr};
    apr_table_do(
        [](void *self, const char *, const char *line) noexcept {
            auto &[pool, joined] = *static_cast<Lines *>(self);
            joined = joined == nullptr ? line : apr_pstrcat(pool, joined, ", ", line, nullptr);
            return 1;
        },
        &lines, r.headers_in, field.c_str(), nullptr);
    return lines.joined != nullptr ? std::optional<std::string_view>{lines.joined} : std::nullopt;
}

FieldValues values_of(const request_rec &r, const Intake &intake)
{
    FieldValues values;
    values.reserve(intake.fields.size());
    for (const auto &field : intake.fields)
        values.push_back(value_of(r, field));
    return values;
}

std::size_t size_of(const FieldValues &values)
{
    std::size_t size = 0;
    for (const auto &value : values)
        size += value ? value->size() : 0;
    return size;
}

Result<std::shared_ptr<const Evidence>> read(const Intake &intake, FieldValues values)
{
    values.resize(intake.format->reader->fields.size());
    auto certificates = intake.format->reader->read(values, intake.hop);
    if (!certificates)
        return Error{certificates.error()};
    auto all = *std::move(certificates);
    Evidence evidence;
    evidence.source = intake.format->name;
    if (!all.empty()) {
        evidence.leaf = std::move(all.front());
        evidence.chain.assign(std::next(all.begin()), all.end());
    }
    return std::make_shared<const Evidence>(std::move(evidence));
}

/// Verified once; the verdict follows from it, again and again.
std::shared_ptr<const Evidence> verified(std::shared_ptr<const Evidence> evidence,
                                         const Trust *trust)
{
    if (!evidence->leaf || trust == nullptr)
        return evidence;
    Evidence known = *evidence;
    known.verification = trust->verify(known, current_time());
    return std::make_shared<const Evidence>(std::move(known));
}

void tell_unreadable(request_rec &r, const Intake &intake, const std::string &problem)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r,
                  CCLOGNO(0210) "cannot take the client's certificate out of %s (format %s) that "
                                "the proxy %s has sent: %s",
                  intake.fields.front().c_str(), intake.format->name.data(),
                  r.connection->client_ip, problem.substr(0, longest_message).c_str());
}

/// Who has forgotten a proxy's address would otherwise see nothing but requests without
/// certificates.
void tell_stranger(const request_rec &r, const Intake &intake)
{
    const auto sent = std::ranges::find_if(intake.fields, [&r](const std::string &field) {
        return apr_table_get(r.headers_in, field.c_str()) != nullptr;
    });
    if (sent == intake.fields.end())
        return;
    auto &last = server_config(*r.server).registry->stranger_told;
    auto told = last.load(std::memory_order_relaxed);
    if (told + between_warnings > r.request_time ||
        !last.compare_exchange_strong(told, r.request_time, std::memory_order_relaxed))
        return;
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, &r,
                  CCLOGNO(0211) "%s is not believed: %s, which has sent it, is no "
                                "ClientCertTrustedProxy of this virtual host (told once a minute "
                                "by each process at most)",
                  sent->c_str(), r.connection->client_ip);
}

void tell_missing(const server_rec &s, const server_rec &main, const char *problem)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, &main, CCLOGNO(0006) "the virtual host at %s:%u %s",
                 s.defn_name != nullptr ? s.defn_name : "the top of the configuration",
                 s.defn_line_number, problem);
}

/// What a virtual host lacks that takes certificates in. Lines of the main server may be meant for
/// its virtual hosts.
const char *missing(const server_rec &s)
{
    const auto &config = server_config(s);
    if (config.settings.get<From>().value == nullptr || (!s.is_virtual && s.next != nullptr))
        return nullptr;
    if (config.settings.get<TrustedProxy>().empty())
        return "has ClientCertFrom, but no ClientCertTrustedProxy says from whom";
    if (config.settings.get<CaCertificateFile>().value == nullptr && !names_authorities(s))
        return "has ClientCertFrom, but neither ClientCertCACertificateFile nor "
               "SSLCACertificateFile says which CAs the certificates have to chain to";
    if (asks_ocsp(config))
        return "has ClientCertFrom, but SSLOCSPEnable cannot be asked for certificates in headers: "
               "set it to off";
    return nullptr;
}

/// What nobody has any use for.
const char *unused(const server_rec &s)
{
    const auto &config = server_config(s);
    if (config.registry->takes_in)
        return nullptr;
    if (!config.settings.get<TrustedProxy>().empty())
        return "has ClientCertTrustedProxy, but no ClientCertFrom says in which format";
    if (config.settings.get<CaCertificateFile>().value != nullptr)
        return "has ClientCertCACertificateFile, but no ClientCertFrom takes certificates in";
    return nullptr;
}

}  // namespace

std::shared_ptr<const ClientCache> PassedClients::find(const Intake &intake,
                                                       const FieldValues &values)
{
    const std::scoped_lock lock{mutex_};
    const auto known = std::ranges::find_if(seen_, [&](const Seen &seen) {
        return seen.intake == &intake && std::ranges::equal(seen.values, values);
    });
    if (known == seen_.end())
        return nullptr;
    seen_.splice(seen_.begin(), seen_, known);
    return known->clients;
}

void PassedClients::remember(const Intake &intake, const FieldValues &values,
                             std::shared_ptr<const ClientCache> clients)
{
    const std::scoped_lock lock{mutex_};
    seen_.push_front({&intake, {values.begin(), values.end()}, std::move(clients)});
    if (seen_.size() > most)
        seen_.pop_back();
}

bool comes_from_proxy(const conn_rec &c, const server_rec &s)
{
    const auto &settings = server_config(s).settings;
    if (settings.get<From>().value == nullptr)
        return false;
    // mod_remoteip changes the address of a request, not of its connection.
    const conn_rec &master = c.master != nullptr ? *c.master : c;
    apr_sockaddr_t *peer = master.client_addr;
    return std::ranges::any_of(settings.get<TrustedProxy>(), [&](const ProxyAddress *proxy) {
        return proxy->subnet != nullptr ? apr_ipsubnet_test(proxy->subnet, peer) != 0
                                        : peer->family == APR_UNIX;
    });
}

int take_in(request_rec &r)
{
    // An internal redirect and a subrequest are of the client of the request before them.
    if (r.main != nullptr || r.prev != nullptr)
        return DECLINED;
    const auto *from = server_config(*r.server).settings.get<From>().value;
    if (from == nullptr)
        return DECLINED;
    if (!comes_from_proxy(*r.connection, *r.server)) {
        tell_stranger(r, *from);
        return DECLINED;
    }
    set_passed(r, nullptr);  // which stands if anything goes wrong
    const auto &config = server_config(*r.server);
    const Intake &intake = *from;
    const auto values = values_of(r, intake);
    const auto *connection = ConnectionState::of(*r.connection);
    if (connection == nullptr || connection->passed == nullptr)
        throw std::logic_error{"a connection that nobody has prepared"};
    auto &passed = *connection->passed;
    auto clients = passed.find(intake, values);
    if (!clients) {
        const auto evidence = read(intake, values);
        if (!evidence) {
            tell_unreadable(r, intake, evidence.error());
            return HTTP_BAD_REQUEST;
        }
        clients = std::make_shared<const ClientCache>(verified(*evidence, config.header_trust),
                                                      *config.registry);
        if (size_of(values) <= largest_remembered)
            passed.remember(intake, values, clients);
    }
    set_passed(r, std::move(clients));
    return DECLINED;
}

int expect_proxies(conn_rec *c, void *)
{
    if (c->master == nullptr && server_config(*c->base_server).registry->takes_in)
        ConnectionState::made_for(*c).passed = pool_new<PassedClients>(c->pool);
    return OK;
}

int check_intakes(apr_pool_t *, apr_pool_t *, apr_pool_t *, server_rec *s)
{
    bool refused = false;
    for (const auto *one = s; one != nullptr; one = one->next) {
        const char *problem = missing(*one) != nullptr ? missing(*one) : unused(*one);
        if (problem != nullptr) {
            refused = true;
            tell_missing(*one, *s, problem);
        }
    }
    return refused ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

}  // namespace clientcert::httpd

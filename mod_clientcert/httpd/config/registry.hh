// SPDX-License-Identifier: Apache-2.0
// What the whole configuration has in common: numbers for all that a client's
// caches hold, the names that are stripped, whom each virtual host trusts.
#pragma once

#include "httpd/config/places.hh"
#include "httpd/counters.hh"
#include "httpd/httpd.hh"
#include "httpd/revocation/shared_crls.hh"
#include "httpd/users/user_directives.hh"
#include "httpd/verdict/levels.hh"
#include "httpd/verdict/trust_directives.hh"

#include <clientcert/client.hh>
#include <clientcert/field_name.hh>
#include <clientcert/lookup_file.hh>
#include <clientcert/variable.hh>

#include <atomic>
#include <map>
#include <set>

namespace clientcert::httpd {

class ChainNotes;
class CrlJob;
class OpenConnections;

inline constexpr std::size_t no_slot = static_cast<std::size_t>(-1);

/// A variable, and where its value is kept; `no_slot` where it is not.
struct NumberedVariable {
    Variable variable;
    std::size_t slot;
};

/// One for each time the configuration is read. It grows while that happens and is only read
/// afterwards, by all threads.
class Registry {
public:
    /// That of the configuration in this pool, made at the first call.
    static Registry &of_configuration(apr_pool_t *pconf);

    /// Null in any other pool: what an .htaccess file says lasts for a request and has no number.
    static Registry *find(apr_pool_t *pool);

    std::size_t new_text_slot() { return capacity_.texts++; }
    std::size_t new_outcome_slot() { return capacity_.outcomes++; }
    Client::Capacity capacity() const { return capacity_; }

    /// The same object for the same name.
    const NumberedVariable *number(Variable variable);

    /// The last thing that is done while the configuration is read.
    void finish();

    /// The client of a connection that has no TLS.
    const std::shared_ptr<const Client> &nobody() const { return nobody_; }

    /// A virtual host with TLS.
    struct Host {
        const Trust *trust;
        Level level;
        bool tolerates_any;  ///< mod_ssl lets in whatever certificate a client has
    };

    void add_host(const SSL_CTX *context, const Host &host) { hosts_[context] = host; }

    /// Null for a context that is not known.
    const Host *host_of(const SSL_CTX *context) const
    {
        const auto found = hosts_.find(context);
        return found != hosts_.end() ? &found->second : nullptr;
    }
    const Trust *trust_of(const SSL_CTX *context) const
    {
        const auto *host = host_of(context);
        return host != nullptr ? host->trust : nullptr;
    }

    /// Keeps a trust of a virtual host that wants, or does not, the connections of the revoked
    /// closed; trusts that are equal are one object.
    const Trust *add_trust(Trust trust, bool close_revoked);
    bool closes_revoked(const Trust *trust) const { return closing_.contains(trust); }

    /// Whom a directory with these CAs trusts on a virtual host that trusts `host`.
    const Trust *trust_in(const Authorities *authorities, const Trust *host) const;

    /// Makes all that `trust_in` answers.
    void add_trusts_of_directories();

    const std::map<TrustId, Trust> &trusts() const { return trusts_; }

    ServerCounters counters;
    Places places;                              ///< what stands where
    FieldNames fields;                          ///< set by us: stripped from every request
    std::set<std::string, std::less<>> logged;  ///< variables that a log format names
    bool has_cache = false;                     ///< mod_cache is loaded
    bool has_quick_handlers = false;            ///< some module may serve before any check
    bool sessions_carry_chain = false;          ///< some header wants the chain when resumed too
    bool maps_look_at_chains = false;           ///< some rule pins who has issued
    std::vector<UsedMap> used_maps;             ///< by directories
    std::vector<std::shared_ptr<LookupFile>> lookup_files;  ///< of all maps

    /// Of all maps, by the names that they are counted under.
    std::map<std::string, std::shared_ptr<const MapLookup>> lookups;
    unsigned ldap_lookups = 0;  ///< of all maps, each has a number
    std::map<std::pair<const server_rec *, std::string>, std::string>
        statements;                                    ///< of mod_dbd, by their labels
    std::optional<Regex> user_pattern;                 ///< where nobody says another one
    bool takes_in = false;                             ///< some virtual host believes a proxy
    mutable std::atomic<apr_time_t> stranger_told{0};  ///< when the last one was that is no proxy
    std::vector<HeardLine> heard;                      ///< lines of mod_ssl that levels depend on
    std::vector<const Authorities *> directory_authorities;  ///< of ClientCertCA
    const char *state_directory = nullptr;                   ///< ClientCertStateDir
    SharedCrls *crls = nullptr;              ///< null where no virtual host asks for CRLs
    OpenConnections *connections = nullptr;  ///< likewise
    ChainNotes *notes = nullptr;             ///< likewise
    CrlJob *crl_job = nullptr;               ///< likewise

    /// Changes with the CRLs in force.
    std::uint64_t crl_generation() const { return crls != nullptr ? crls->generation() : 0; }
    SharedCrls::View crl_view() const
    {
        return crls != nullptr ? crls->view() : SharedCrls::View{};
    }

private:
    Client::Capacity capacity_;
    std::map<std::string, NumberedVariable, std::less<>> variables_;
    std::map<TrustId, Trust> trusts_;
    std::map<const SSL_CTX *, Host> hosts_;
    std::map<std::pair<const Authorities *, const Trust *>, const Trust *> trusts_of_directories_;
    std::set<const Trust *> closing_;  ///< those of virtual hosts that ask for CRLs
    std::shared_ptr<const Client> nobody_;
};

}  // namespace clientcert::httpd

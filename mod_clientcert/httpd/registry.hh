// SPDX-License-Identifier: Apache-2.0
// What the whole configuration has in common: numbers for all that a client's
// caches hold, the names that are stripped, whom each virtual host trusts.
#pragma once

#include "httpd/httpd.hh"
#include "httpd/shared_crls.hh"

#include <clientcert/client.hh>
#include <clientcert/field_name.hh>
#include <clientcert/variable.hh>

#include <deque>
#include <map>
#include <set>

namespace clientcert::httpd {

class ChainNotes;
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

    /// What is to be known of a virtual host by its context.
    struct Host {
        const Trust *trust = nullptr;
        bool close_revoked = true;  ///< the connections of those whose certificate is revoked
    };

    /// Remembers the host with that context; trusts that are equal are one object.
    const Trust *add_host(const SSL_CTX *context, Trust trust, bool close_revoked);

    const std::map<TrustId, Trust> &trusts() const { return trusts_; }

    /// Without a trust for a context that is not known.
    Host host_of(const SSL_CTX *context) const;
    const Trust *trust_of(const SSL_CTX *context) const { return host_of(context).trust; }

    FieldNames fields;                          ///< set by us: stripped from every request
    std::set<std::string, std::less<>> logged;  ///< variables that a log format names
    bool has_cache = false;                     ///< mod_cache is loaded
    bool sessions_carry_chain = false;          ///< some header wants the chain when resumed too
    const char *state_directory = nullptr;      ///< ClientCertStateDir
    std::vector<X509_STORE *> stores;           ///< the CA certificates of each virtual host
    SharedCrls *crls = nullptr;                 ///< null where no virtual host asks for CRLs
    OpenConnections *connections = nullptr;     ///< likewise
    ChainNotes *notes = nullptr;                ///< likewise

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
    std::shared_ptr<const Client> nobody_;
};

}  // namespace clientcert::httpd

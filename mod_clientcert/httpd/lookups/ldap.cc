// SPDX-License-Identifier: Apache-2.0
// lookup=ldap:URL through mod_ldap, with its pool of connections and its cache. The URL's first
// attribute is the user; %s in its filter is the key.
#include "httpd/barrier.hh"
#include "httpd/config/registry.hh"
#include "httpd/lookups/kinds.hh"
#include "httpd/other_modules.hh"

#include <clientcert/clock.hh>
#include <clientcert/octets.hh>

#include <apr_ldap.h>
#include <util_ldap.h>

namespace clientcert::httpd {
namespace {

constexpr std::string_view placeholder = "%s";

/// RFC 4515, 3.
std::string escaped(std::string_view key)
{
    std::string text;
    for (const char c : key) {
        const auto octet = static_cast<std::uint8_t>(c);
        const bool plain = octet >= 0x20 && octet < 0x7f &&
                           std::string_view{"*()\\"}.find(c) == std::string_view::npos;
        if (plain)
            text += c;
        else
            (text += '\\') += lower_hex({&octet, 1});
    }
    return text;
}

/// In a URL a lone '%' begins the number of an octet (RFC 3986, 2.1).
std::string encoded(std::string url)
{
    for (auto at = url.find(placeholder); at != url.npos; at = url.find(placeholder, at + 1))
        url.insert(at + 1, "25");
    return url;
}

/// As whom the directory is asked: nobody where there is no DN. In the pool of the configuration.
struct Bind {
    const char *dn = nullptr;
    const char *password = nullptr;
};

class LdapLookup : public MapLookup {
public:
    LdapLookup(std::string url, const apr_ldap_url_desc_t &parsed, const Bind &bind,
               unsigned number)
        : url_{std::move(url)}, parsed_{parsed}, bind_{bind}, number_{number}
    {
    }

    Answer find(const std::string &key, void *context) const override
    {
        request_rec &r = request_of(context);
        auto *open =
            optional_function<APR_OPTIONAL_FN_TYPE(uldap_connection_find)>("uldap_connection_find");
        auto *close = optional_function<APR_OPTIONAL_FN_TYPE(uldap_connection_close)>(
            "uldap_connection_close");
        if (open == nullptr || close == nullptr)
            return {Answer::State::failed, "mod_ldap is not loaded"};
        auto *connection = open(&r, parsed_.lud_host, parsed_.lud_port, bind_.dn, bind_.password,
                                never, secure() ? APR_LDAP_SSL : APR_LDAP_NONE);
        if (connection == nullptr)
            return {Answer::State::failed, "mod_ldap has no connection"};
        const Answer answer = search(r, *connection, key);
        close(connection);
        return answer;
    }

private:
    bool secure() const { return ap_cstr_casecmp(parsed_.lud_scheme, "ldaps") == 0; }

    std::string filter_for(const std::string &key) const
    {
        std::string filter{parsed_.lud_filter};
        const std::string value = escaped(key);
        for (auto at = filter.find(placeholder); at != filter.npos;
             at = filter.find(placeholder, at + value.size()))
            filter.replace(at, placeholder.size(), value);
        return filter.front() == '(' ? filter : '(' + filter + ')';
    }

    /// mod_ldap keeps answers by filter, for ten minutes unless LDAPCacheTTL says otherwise: longer
    /// than a map may. So the filter is another one each second, and the same for a directory: who
    /// is A or (A and B) is A, whatever B is. (Another URL would have a cache of its own, and the
    /// memory of all of them is small.) It is another one for each rule, too: what one was told who
    /// has a name and a password is not for another one who has none.
    std::string of_now(const std::string &filter) const
    {
        const auto second = std::to_string(current_time().time_since_epoch().count());
        return "(|" + filter + "(&" + filter + "(cn=" + second + ' ' + std::to_string(number_) +
               ")))";
    }

    Answer search(request_rec &r, util_ldap_connection_t &connection, const std::string &key) const
    {
        auto *user_of =
            optional_function<APR_OPTIONAL_FN_TYPE(uldap_cache_getuserdn)>("uldap_cache_getuserdn");
        const char *dn = nullptr;
        const char **values = nullptr;
        const int result =
            user_of(&r, &connection, url_.c_str(), parsed_.lud_dn, parsed_.lud_scope,
                    parsed_.lud_attrs, of_now(filter_for(key)).c_str(), &dn, &values);
        const std::string_view reason{connection.reason != nullptr ? connection.reason : ""};
        if (result == LDAP_SUCCESS)
            return values != nullptr ? user_in(values[0]) : Answer{};
        // It says the same of a base that is not there, but for the reason.
        if (result == LDAP_NO_SUCH_OBJECT && reason.starts_with("User not found"))
            return {};
        if (result == LDAP_NO_SUCH_OBJECT && reason.starts_with("User is not unique"))
            return {Answer::State::several};
        return {Answer::State::failed, "the directory cannot be asked: " + quoted(reason)};
    }

    /// mod_ldap puts several values into one text.
    static Answer user_in(const char *value)
    {
        if (value == nullptr)
            return {};
        if (std::string_view{value}.find("; ") != std::string_view::npos)
            return {Answer::State::several};
        return {Answer::State::found, value};
    }

    std::string url_;
    apr_ldap_url_desc_t parsed_;  ///< in the pool of the configuration
    Bind bind_;
    unsigned number_;  ///< tells rules apart
};

/// What the program prints, once, while the configuration is read.
Result<const char *> password_by(cmd_parms &cmd, const std::string &text)
{
    constexpr std::string_view prefix = "exec:";
    // A rule is shown: in explanations, on pages, in dumps. So no secret may stand in it.
    if (!text.starts_with(prefix) || text.size() == prefix.size())
        return Error{"bind-password= takes exec:PROGRAM, which prints the password; written here "
                     "it would be shown to whoever may see the rule"};
    char **words = nullptr;
    const std::string line = text.substr(prefix.size());
    if (apr_tokenize_to_argv(line.c_str(), &words, cmd.temp_pool) != APR_SUCCESS)
        return Error{"bind-password=: " + quoted(line) + " is no command line"};
    words[0] = ap_server_root_relative(cmd.temp_pool, words[0]);
    const char *password =
        words[0] != nullptr ? ap_get_exec_line(cmd.pool, words[0], words) : nullptr;
    if (password == nullptr || *password == '\0')
        return Error{"bind-password=: " + quoted(line) + " prints no password"};
    return password;
}

Result<Bind> bind_by(cmd_parms &cmd, const LookupOptions &options)
{
    const auto dn = options.find(bind_dn);
    const auto password = options.find(bind_password);
    if (dn == options.end() && password == options.end())
        return Bind{};
    // A bind with a name and no password would be an anonymous one (RFC 4513, 5.1.2).
    if (dn == options.end() || password == options.end() || dn->second.empty())
        return Error{"bind-dn=\"DN\" and bind-password=exec:PROGRAM need each other"};
    const auto secret = password_by(cmd, password->second);
    if (!secret)
        return Error{secret.error()};
    return Bind{pool_copy(cmd.pool, dn->second), *secret};
}

}  // namespace

OpenedLookup open_ldap_lookup(cmd_parms &cmd, const std::string &url, const LookupOptions &options)
{
    if (ap_find_linked_module("util_ldap.c") == nullptr)
        return Error{"ldap: needs mod_ldap, which is not loaded"};
    apr_ldap_url_desc_t *parsed = nullptr;
    apr_ldap_err_t *error = nullptr;
    if (apr_ldap_url_parse(cmd.pool, encoded(url).c_str(), &parsed, &error) != APR_LDAP_URL_SUCCESS)
        return Error{"ldap: takes a URL such as ldap://HOST/BASE?uid?sub?(mail=%s), not " +
                     quoted(url)};
    const bool has_attribute = parsed->lud_attrs != nullptr && parsed->lud_attrs[0] != nullptr &&
                               parsed->lud_attrs[1] == nullptr;
    const std::string_view filter{parsed->lud_filter != nullptr ? parsed->lud_filter : ""};
    if (!has_attribute || filter.find(placeholder) == filter.npos)
        return Error{"ldap: the URL has to name one attribute (the user) and a filter with %s (the "
                     "key), such as ldap://HOST/BASE?uid?sub?(mail=%s), not " +
                     quoted(url)};
    const auto bind = bind_by(cmd, options);
    if (!bind)
        return Error{bind.error()};
    const unsigned number = Registry::of_configuration(cmd.pool).ldap_lookups++;
    return std::shared_ptr<const MapLookup>{
        std::make_shared<LdapLookup>(url, *parsed, *bind, number)};
}

}  // namespace clientcert::httpd

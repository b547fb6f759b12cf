// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation/crl_directives.hh"

#include "httpd/config/options.hh"
#include "httpd/config/server_config.hh"
#include "httpd/config/words.hh"

#include <clientcert/certificate_file.hh>
#include <clientcert/octets.hh>
#include <clientcert/quantity.hh>

#include <stdexcept>

namespace clientcert::httpd {
namespace {

using Fate = RevokedConnections::Fate;

constexpr auto fates = std::to_array<Choice<Fate>>({{"keep", Fate::keep}, {"close", Fate::close}});

template <typename T>
T value_of(std::string_view key, Result<T> result)
{
    if (!result)
        throw std::invalid_argument{std::string{key} + " " + result.error()};
    return *std::move(result);
}

std::chrono::seconds period(std::string_view key, std::string_view text)
{
    const auto seconds = value_of(key, duration_of(text));
    if (seconds.count() == 0)
        throw std::invalid_argument{std::string{key} + " takes a time of at least 1s, not " +
                                    quoted(text)};
    return seconds;
}

/// The absolute path of a file or directory. It need not be there yet, but the directory that it
/// is to stand in has to: a wrong path is seldom wrong in its last part alone.
std::string existing_place(cmd_parms &cmd, const char *path)
{
    const char *absolute = ap_server_root_relative(cmd.pool, path);
    if (absolute == nullptr)
        throw std::invalid_argument{"takes a path, not " + quoted(path)};
    apr_finfo_t info;
    if (apr_stat(&info, absolute, APR_FINFO_TYPE, cmd.pool) == APR_SUCCESS)
        return absolute;
    const char *parent = ap_make_dirstr_parent(cmd.pool, absolute);
    if (apr_stat(&info, parent, APR_FINFO_TYPE, cmd.pool) != APR_SUCCESS ||
        info.filetype != APR_DIR)
        throw std::invalid_argument{"takes a file, a directory or a URL; there is neither " +
                                    quoted(absolute) + " nor a directory for it"};
    return absolute;
}

CrlSource source_named(cmd_parms &cmd, const char *word)
{
    using Kind = CrlSource::Kind;
    CrlSource source{.where = word};
    if (source.kind() == Kind::url)
        if (const auto checked = check_download_url(source.where); !checked)
            throw std::invalid_argument{"takes a file, a directory, a URL or cdp: " +
                                        checked.error()};
    if (source.kind() == Kind::path)
        source.where = existing_place(cmd, word);
    else
        source.refresh = std::chrono::minutes{15};
    return source;
}

}  // namespace

void Crl::read(cmd_parms &cmd, Value &value, Words words)
{
    if (words.empty())
        throw std::invalid_argument{"takes a file, a directory, a URL or cdp, not nothing"};
    auto source = source_named(cmd, words.front());
    Options options{"refresh=TIME, timeout=TIME and max-size=SIZE behind its source"};
    for (const char *word : words.subspan(1)) {
        const auto [key, text] = options.next(word);
        if (key == "refresh")
            source.refresh = period("refresh=", text);
        else if (key == "timeout")
            source.timeout = period("timeout=", text);
        else if (key == "max-size")
            source.max_size = value_of("max-size=", size_of(text));
        else
            options.refuse(key, text);
    }
    if (source.max_size == 0)
        throw std::invalid_argument{"max-size= takes a size above 0"};
    Registry::of_configuration(cmd.pool).counters.source(source.where);
    value.add(cmd.pool, pool_new<CrlSource>(cmd.pool, std::move(source)));
}

void CrlPolicy::read(cmd_parms &, Value &value, Words words)
{
    using Expired = RevocationPolicy::Expired;
    RevocationPolicy policy;
    Options options{"scope=leaf|chain, missing=deny|allow and expired=deny|allow|grace:TIME"};
    for (const char *word : words) {
        const auto [key, text] = options.next(word);
        if (key == "scope" && (text == "leaf" || text == "chain"))
            policy.scope =
                text == "leaf" ? RevocationPolicy::Scope::leaf : RevocationPolicy::Scope::chain;
        else if (key == "missing" && (text == "deny" || text == "allow"))
            policy.missing_allowed = text == "allow";
        else if (key == "expired" && (text == "deny" || text == "allow"))
            policy.expired = text == "allow" ? Expired::allow : Expired::deny;
        else if (key == "expired" && text.starts_with("grace:")) {
            policy.expired = Expired::grace;
            policy.grace = period("expired=grace:", text.substr(6));
        } else
            options.refuse(key, text);
    }
    if (words.empty())
        throw std::invalid_argument{
            "takes scope=leaf|chain, missing=deny|allow and expired=deny|allow|grace:TIME, not "
            "nothing"};
    value.set(policy);
}

void CrlHosts::read(cmd_parms &cmd, Value &value, Words words)
{
    if (words.empty())
        throw std::invalid_argument{"takes names and addresses of hosts, not nothing"};
    for (const char *word : words) {
        AllowedHosts hosts;
        if (const auto added = hosts.add(word); !added)
            throw std::invalid_argument{added.error()};
        value.add(cmd.pool, apr_pstrdup(cmd.pool, word));
    }
}

void CrlIssuer::read(cmd_parms &cmd, Value &value, const char *path)
{
    const char *absolute = ap_server_root_relative(cmd.pool, path);
    auto certificates = certificates_in(absolute != nullptr ? absolute : path);
    if (!certificates)
        throw std::invalid_argument{"takes a file with certificates in PEM: " +
                                    certificates.error()};
    for (auto &certificate : *std::move(certificates))
        value.add(cmd.pool, pool_new<Certificate>(cmd.pool, std::move(certificate)));
}

void StateDirectory::read(cmd_parms &cmd, Value &value, const char *path)
{
    const char *absolute = ap_server_root_relative(cmd.pool, path);
    if (absolute == nullptr)
        throw std::invalid_argument{"takes the path of a directory, not " + quoted(path)};
    const char *&chosen = server_config(*cmd.server).registry->state_directory;
    if (chosen != nullptr && std::string_view{chosen} != absolute)
        throw std::invalid_argument{"is one for the whole server: " + quoted(chosen) +
                                    " was chosen before, not " + quoted(absolute)};
    apr_finfo_t info;
    const bool there = apr_stat(&info, absolute, APR_FINFO_TYPE, cmd.pool) == APR_SUCCESS;
    if (there && info.filetype != APR_DIR)
        throw std::invalid_argument{"takes a directory; " + quoted(absolute) + " is none"};
    const char *parent = ap_make_dirstr_parent(cmd.pool, absolute);
    if (!there && (apr_stat(&info, parent, APR_FINFO_TYPE, cmd.pool) != APR_SUCCESS ||
                   info.filetype != APR_DIR))
        throw std::invalid_argument{"takes a directory that is there or can be made: there is no " +
                                    quoted(parent)};
    chosen = absolute;
    value.set(absolute);
}

void RevokedConnections::read(cmd_parms &, Value &value, const char *word)
{
    value.set(chosen(fates, word));
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/lookups/kinds.hh"

#include "httpd/config/registry.hh"

#include <clientcert/crl_fetch.hh>
#include <clientcert/lookup_file.hh>

#include <algorithm>

namespace clientcert::httpd {

namespace {

/// Its answers are counted under a name that people know it by.
OpenedLookup counted(cmd_parms &cmd, const std::string &name, OpenedLookup opened)
{
    if (!opened)
        return opened;
    auto &registry = Registry::of_configuration(cmd.pool);
    registry.lookups.try_emplace(name, *opened);
    const auto &counters = registry.counters.lookup(name);
    return std::shared_ptr<const MapLookup>{
        std::make_shared<CountedLookup>(*std::move(opened), counters)};
}

}  // namespace

OpenedLookup open_file_lookup(cmd_parms &cmd, const std::string &path)
{
    const char *absolute = ap_server_root_relative(cmd.pool, path.c_str());
    const std::string place{absolute != nullptr ? absolute : path};
    // Several rules may look into one file, which is read, kept and complained of once.
    auto &files = Registry::of_configuration(cmd.pool).lookup_files;
    const auto known =
        std::ranges::find(files, place, [](const auto &file) { return file->status().path; });
    if (known != files.end())
        return std::shared_ptr<const MapLookup>{*known};
    auto file = std::make_shared<LookupFile>(place);
    // What is wrong with it at the start is an error of the configuration.
    if (const auto read = file->refresh(); !read)
        return Error{read.error()};
    files.push_back(file);
    return std::shared_ptr<const MapLookup>{std::move(file)};
}

std::vector<MapLookupKind> lookup_kinds(cmd_parms &cmd)
{
    const auto row = [&cmd](std::string_view name, std::string_view argument,
                            OpenedLookup (*open)(cmd_parms &, const std::string &)) {
        return MapLookupKind{
            name, argument, [&cmd, name, open](const std::string &text, const LookupOptions &) {
                return counted(cmd, std::string{name} + ':' + text, open(cmd, text));
            }};
    };
    const MapLookupKind ldap{"ldap",
                             "URL",
                             [&cmd](const std::string &url, const LookupOptions &options) {
                                 return counted(cmd, "ldap:" + printable_url(url),
                                                open_ldap_lookup(cmd, url, options));
                             },
                             {bind_dn, bind_password}};
    return {
        row("file", "PATH", open_file_lookup),
        row("dbm", "PATH", open_dbm_lookup),
        row("dbd", "LABEL", open_dbd_lookup),
        ldap,
    };
}

}  // namespace clientcert::httpd

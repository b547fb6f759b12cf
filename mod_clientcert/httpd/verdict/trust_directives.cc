// SPDX-License-Identifier: Apache-2.0
#include "httpd/verdict/trust_directives.hh"

#include "httpd/config/registry.hh"

#include <clientcert/certificate_file.hh>
#include <clientcert/octets.hh>

#include <algorithm>
#include <stdexcept>

namespace clientcert::httpd {
namespace {

const char *absolute(cmd_parms &cmd, const char *path)
{
    const char *whole = ap_server_root_relative(cmd.pool, path);
    if (whole == nullptr)
        throw std::invalid_argument{"takes a path, not " + quoted(path)};
    return whole;
}

void add_file(std::vector<Certificate> &certificates, const std::string &path)
{
    auto found = certificates_in(path);
    if (!found)
        throw std::invalid_argument{"takes CA certificates in PEM: " + found.error()};
    for (auto &certificate : *std::move(found))
        certificates.push_back(std::move(certificate));
}

/// The names of its files, in an order that is the same each time; a file's name may be a hash.
std::vector<std::string> files_in(apr_pool_t *pool, const char *path)
{
    apr_dir_t *directory = nullptr;
    if (apr_dir_open(&directory, path, pool) != APR_SUCCESS)
        throw std::invalid_argument{"takes a file or a directory; " + quoted(path) +
                                    " cannot be read"};
    std::vector<std::string> files;
    apr_finfo_t entry;
    while (apr_dir_read(&entry, APR_FINFO_NAME, directory) == APR_SUCCESS) {
        const std::string file = std::string{path} + '/' + entry.name;
        apr_finfo_t info;
        if (entry.name[0] != '.' &&
            apr_stat(&info, file.c_str(), APR_FINFO_TYPE, pool) == APR_SUCCESS &&
            info.filetype == APR_REG)
            files.push_back(file);
    }
    apr_dir_close(directory);
    std::ranges::sort(files);
    return files;
}

const Authorities *authorities_at(cmd_parms &cmd, const char *path)
{
    auto *authorities =
        pool_new<Authorities>(cmd.pool, absolute(cmd, path), std::vector<Certificate>{});
    apr_finfo_t info;
    if (apr_stat(&info, authorities->path.c_str(), APR_FINFO_TYPE, cmd.temp_pool) == APR_SUCCESS &&
        info.filetype == APR_DIR)
        for (const auto &file : files_in(cmd.temp_pool, authorities->path.c_str()))
            add_file(authorities->certificates, file);
    else
        add_file(authorities->certificates, authorities->path);
    if (authorities->certificates.empty())
        throw std::invalid_argument{"takes CA certificates in PEM: there is none in " +
                                    quoted(authorities->path)};
    return authorities;
}

}  // namespace

void Ca::read(cmd_parms &cmd, Value &value, const char *path)
{
    auto &registry = Registry::of_configuration(cmd.pool);
    value.set(authorities_at(cmd, path));
    registry.directory_authorities.push_back(value.value);
    // A resumed session has to be verified anew here.
    registry.sessions_carry_chain = true;
}

void CaCertificateFile::read(cmd_parms &cmd, Value &value, const char *path)
{
    value.set(authorities_at(cmd, path));
}

}  // namespace clientcert::httpd

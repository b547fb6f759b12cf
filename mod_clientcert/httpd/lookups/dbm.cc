// SPDX-License-Identifier: Apache-2.0
// lookup=dbm:PATH, as httxt2dbm makes it. It is opened for each question: whoever renews the file
// renames another one into its place.
#include "httpd/lookups/kinds.hh"

#include <clientcert/octets.hh>

#include <apr_dbm.h>

namespace clientcert::httpd {
namespace {

std::string told(apr_status_t status)
{
    // Drivers put the system's number behind where those of APR begin.
    constexpr apr_status_t most = 4096;
    if (status > APR_OS_START_USERERR && status < APR_OS_START_USERERR + most)
        status -= APR_OS_START_USERERR;
    char text[120];
    return apr_strerror(status, text, sizeof text);
}

class DbmLookup : public MapLookup {
public:
    explicit DbmLookup(std::string path) : path_{std::move(path)} {}

    Answer find(const std::string &key, void *context) const override
    {
        apr_pool_t *pool = nullptr;
        apr_pool_create(&pool, request_of(context).pool);
        const Answer answer = find_in(pool, key);
        apr_pool_destroy(pool);
        return answer;
    }

private:
    Answer find_in(apr_pool_t *pool, const std::string &key) const
    {
        apr_dbm_t *dbm = nullptr;
        if (const auto status = apr_dbm_open_ex(&dbm, "default", path_.c_str(), APR_DBM_READONLY,
                                                APR_OS_DEFAULT, pool);
            status != APR_SUCCESS)
            return {Answer::State::failed, quoted(path_) + " cannot be opened: " + told(status)};
        std::string copy = key;
        const apr_datum_t wanted{copy.data(), copy.size()};
        apr_datum_t found{};
        const auto status = apr_dbm_fetch(dbm, wanted, &found);
        Answer answer;
        if (status != APR_SUCCESS)
            answer = {Answer::State::failed, quoted(path_) + " cannot be read: " + told(status)};
        else if (found.dptr != nullptr)
            answer = {Answer::State::found, {found.dptr, found.dsize}};
        apr_dbm_close(dbm);
        return answer;
    }

    std::string path_;
};

}  // namespace

OpenedLookup open_dbm_lookup(cmd_parms &cmd, const std::string &path)
{
    const char *absolute = ap_server_root_relative(cmd.pool, path.c_str());
    return std::shared_ptr<const MapLookup>{
        std::make_shared<DbmLookup>(absolute != nullptr ? absolute : path)};
}

}  // namespace clientcert::httpd

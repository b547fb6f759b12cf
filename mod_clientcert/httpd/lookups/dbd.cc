// SPDX-License-Identifier: Apache-2.0
// lookup=dbd:LABEL: a statement that DBDPrepareSQL of mod_dbd has prepared, with one parameter (the
// key) and one column (the user).
#include "httpd/lookups/kinds.hh"

#include <clientcert/octets.hh>

#include <apr_dbd.h>
#include <mod_dbd.h>

namespace clientcert::httpd {
namespace {

class DbdLookup : public MapLookup {
public:
    explicit DbdLookup(std::string label) : label_{std::move(label)} {}

    Answer find(const std::string &key, void *context) const override
    {
        request_rec &r = request_of(context);
        auto *acquire = optional_function<APR_OPTIONAL_FN_TYPE(ap_dbd_acquire)>("ap_dbd_acquire");
        if (acquire == nullptr)
            return {Answer::State::failed, "mod_dbd is not loaded"};
        const ap_dbd_t *dbd = acquire(&r);
        if (dbd == nullptr)
            return {Answer::State::failed, "there is no connection to the database"};
        auto *statement = static_cast<apr_dbd_prepared_t *>(
            apr_hash_get(dbd->prepared, label_.c_str(), APR_HASH_KEY_STRING));
        if (statement == nullptr)
            return {Answer::State::failed, "no DBDPrepareSQL has the label " + quoted(label_)};
        apr_dbd_results_t *results = nullptr;
        const char *arguments[] = {key.c_str()};
        const int error =
            apr_dbd_pselect(dbd->driver, r.pool, dbd->handle, &results, statement, 0, 1, arguments);
        if (error != 0)
            return {Answer::State::failed, told(*dbd, error)};
        return all_of(*dbd, r.pool, results);
    }

private:
    static std::string told(const ap_dbd_t &dbd, int error)
    {
        const char *text = apr_dbd_error(dbd.driver, dbd.handle, error);
        return std::string{"the database says "} + quoted(text != nullptr ? text : "nothing");
    }

    /// All rows have to be taken, or the connection is of no further use.
    static Answer all_of(const ap_dbd_t &dbd, apr_pool_t *pool, apr_dbd_results_t *results)
    {
        Answer answer;
        const bool one_column = apr_dbd_num_cols(dbd.driver, results) == 1;
        apr_dbd_row_t *row = nullptr;
        for (int rows = 0; apr_dbd_get_row(dbd.driver, pool, results, &row, -1) == 0; ++rows) {
            const char *user = apr_dbd_get_entry(dbd.driver, row, 0);
            if (rows > 0)
                answer = {Answer::State::several};
            else if (user != nullptr)
                answer = {Answer::State::found, user};
        }
        if (!one_column)
            return {Answer::State::failed, "the statement has to have one column, the user"};
        return answer;
    }

    std::string label_;
};

}  // namespace

OpenedLookup open_dbd_lookup(cmd_parms &, const std::string &label)
{
    if (ap_find_linked_module("mod_dbd.c") == nullptr)
        return Error{"dbd: needs mod_dbd, which is not loaded"};
    return std::shared_ptr<const MapLookup>{std::make_shared<DbdLookup>(label)};
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
// lookup=dbd:LABEL: a statement that DBDPrepareSQL of mod_dbd has prepared, with one parameter (the
// key) and one column (the user).
#include "httpd/lookups/kinds.hh"
#include "httpd/other_modules.hh"

#include "httpd/config/server_config.hh"

#include <clientcert/octets.hh>

#include <apr_dbd.h>
#include <mod_dbd.h>

namespace clientcert::httpd {
namespace {

using Answer = MapLookup::Answer;

/// What DBDPrepareSQL says; a virtual host has the statements of the main server as well.
const std::string *text_of(const request_rec &r, const std::string &label)
{
    const auto &statements = server_config(*r.server).registry->statements;
    for (const server_rec *server : {r.server, ap_server_conf})
        if (const auto found = statements.find({server, label}); found != statements.end())
            return &found->second;
    return nullptr;
}

/// A statement on a connection to a database, for one question.
class Question {
public:
    Question(request_rec &r, const ap_dbd_t &dbd, const std::string &label)
        : r_{r}, dbd_{dbd}, label_{label}
    {
    }

    Answer ask(const std::string &key)
    {
        auto *statement = static_cast<apr_dbd_prepared_t *>(
            apr_hash_get(dbd_.prepared, label_.c_str(), APR_HASH_KEY_STRING));
        if (statement == nullptr)
            return {Answer::State::failed, "no DBDPrepareSQL has the label " + quoted(label_)};
        const int error = select(statement, key);
        if (error == 0)
            return all_rows();
        const Answer failure{Answer::State::failed, told(error)};
        statement = prepared_again();
        return statement != nullptr && select(statement, key) == 0 ? all_rows() : failure;
    }

private:
    int select(apr_dbd_prepared_t *statement, const std::string &key)
    {
        // Rows at random: the driver of PostgreSQL then has all of them, or an error, before it
        // returns. Asked for them one by one it takes a statement that failed for one without rows.
        constexpr int at_random = 1;
        const char *arguments[] = {key.c_str()};
        results_ = nullptr;
        return apr_dbd_pselect(dbd_.driver, r_.pool, dbd_.handle, &results_, statement, at_random,
                               1, arguments);
    }

    /// mod_dbd prepares a statement once, when it connects. That of PostgreSQL is gone when the
    /// driver has connected anew by itself, and that of SQLite when the schema has changed.
    apr_dbd_prepared_t *prepared_again()
    {
        const auto *text = text_of(r_, label_);
        if (text == nullptr || apr_dbd_check_conn(dbd_.driver, r_.pool, dbd_.handle) != APR_SUCCESS)
            return nullptr;
        const char *label = apr_pstrdup(dbd_.pool, label_.c_str());
        apr_dbd_prepared_t *statement = nullptr;
        if (apr_dbd_prepare(dbd_.driver, dbd_.pool, dbd_.handle, text->c_str(), label,
                            &statement) != 0)
            return nullptr;
        apr_hash_set(dbd_.prepared, label, APR_HASH_KEY_STRING, statement);
        return statement;
    }

    std::string told(int error) const
    {
        const char *text = apr_dbd_error(dbd_.driver, dbd_.handle, error);
        return std::string{"the database says "} + quoted(text != nullptr ? text : "nothing");
    }

    /// All rows have to be taken, or the connection is of no further use.
    Answer all_rows()
    {
        Answer answer;
        const bool one_column = apr_dbd_num_cols(dbd_.driver, results_) == 1;
        apr_dbd_row_t *row = nullptr;
        for (int rows = 0; apr_dbd_get_row(dbd_.driver, r_.pool, results_, &row, -1) == 0; ++rows) {
            const char *user = apr_dbd_get_entry(dbd_.driver, row, 0);
            if (rows > 0)
                answer = {Answer::State::several};
            else if (user != nullptr)
                answer = {Answer::State::found, user};
        }
        if (!one_column)
            return {Answer::State::failed, "the statement has to have one column, the user"};
        return answer;
    }

    request_rec &r_;
    const ap_dbd_t &dbd_;
    const std::string &label_;
    apr_dbd_results_t *results_ = nullptr;
};

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
        return Question{r, *dbd, label_}.ask(key);
    }

private:
    std::string label_;
};

}  // namespace

const char *overhear_statement(cmd_parms *cmd, void *, const char *line) noexcept
{
    if (const char *error = nobody_else_listens(cmd, "mod_dbd.c"))
        return error;
    const char *statement = ap_getword_conf(cmd->pool, &line);
    const char *label = ap_getword_conf(cmd->pool, &line);
    server_config(*cmd->server).registry->statements[{cmd->server, label}] = statement;
    return nullptr;
}

OpenedLookup open_dbd_lookup(cmd_parms &, const std::string &label)
{
    if (ap_find_linked_module("mod_dbd.c") == nullptr)
        return Error{"dbd: needs mod_dbd, which is not loaded"};
    return std::shared_ptr<const MapLookup>{std::make_shared<DbdLookup>(label)};
}

}  // namespace clientcert::httpd

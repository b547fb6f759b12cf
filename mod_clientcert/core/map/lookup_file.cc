// SPDX-License-Identifier: Apache-2.0
#include "core/map/lookup_file_reader.hh"
#include "core/map/lookup_table.hh"

#include <clientcert/lookup_file.hh>

namespace clientcert {

LookupFile::LookupFile(std::string path)
    : path_{std::move(path)}, reader_{std::make_unique<LookupFileReader>(path_)},
      problem_{quoted(path_) + " has not been read"}
{
}

LookupFile::~LookupFile() = default;

Result<bool> LookupFile::refresh()
{
    const std::scoped_lock one_at_a_time{refreshing_};
    const auto contents = reader_->read_if_changed();
    if (!contents)
        return fail(contents.error());
    if (!*contents)
        return false;
    auto parsed = LookupTable::parse(**contents);
    if (!parsed)
        return fail(quoted(path_) + ", " + parsed.error());
    auto fresh = std::make_shared<const LookupTable>(*std::move(parsed));
    const auto old = table();
    const bool is_new = old == nullptr || *old != *fresh;
    const std::scoped_lock lock{mutex_};
    problem_.clear();
    if (is_new)
        table_ = std::move(fresh);
    return is_new;
}

/// Said once, however often it is looked at.
Result<bool> LookupFile::fail(std::string problem)
{
    const std::scoped_lock lock{mutex_};
    if (problem_ == problem)
        return false;
    problem_ = std::move(problem);
    return Error{problem_};
}

std::shared_ptr<const LookupTable> LookupFile::table() const
{
    const std::scoped_lock lock{mutex_};
    return table_;
}

MapLookup::Answer LookupFile::find(const std::string &key) const
{
    const auto table = this->table();
    if (table == nullptr)
        return {Answer::State::failed, status().problem};
    if (const auto user = table->find(key))
        return {Answer::State::found, std::string{*user}};
    return {};
}

LookupFile::Status LookupFile::status() const
{
    const std::scoped_lock lock{mutex_};
    Status status{.path = path_, .problem = problem_};
    if (table_ != nullptr) {
        status.keys = table_->size();
        status.octets = table_->octets();
    }
    return status;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Index files, for tests.
#pragma once

#include "crl_tables.hh"

#include <clientcert/crl_index.hh>

#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace clientcert::test {

/// A file that has no name.
class File {
public:
    File() : file_{std::tmpfile()}
    {
        if (!file_)
            throw std::runtime_error{"no temporary file"};
    }

    int fd() const { return fileno(file_.get()); }

    void write(std::uint64_t offset, Octets octets)
    {
        if (pwrite(fd(), octets.data(), octets.size(), static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(octets.size()))
            throw std::runtime_error{"cannot write"};
    }

    void resize(std::uint64_t size)
    {
        if (ftruncate(fd(), static_cast<off_t>(size)) != 0)
            throw std::runtime_error{"cannot truncate"};
    }

private:
    struct Close {
        void operator()(FILE *file) const { std::fclose(file); }
    };
    std::unique_ptr<FILE, Close> file_;
};

using IndexPtr = std::shared_ptr<const CrlIndex>;

inline IndexPtr mapped(const File &file)
{
    auto index = CrlIndex::map(file.fd());
    return index ? *index : throw std::runtime_error{index.error()};
}

inline IndexId write(const File &file, std::vector<NewRecord> records, std::string_view memory = {})
{
    const auto id = write_index(file.fd(), std::move(records), memory);
    return id ? *id : throw std::runtime_error{id.error()};
}

/// A CRL of that issuer, with no more about it than its source and entries.
inline NewRecord record(const NameId &issuer, const std::string &source,
                        const std::vector<Entry> &entries)
{
    TableBuilder builder;
    for (const auto &entry : entries)
        add(builder, entry);
    CrlInfo info;
    info.issuer_id = issuer;
    return {std::move(info), {}, source, std::move(builder)};
}

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
// Reads a file whole whenever it has changed.
#pragma once

#include "core/file.hh"

namespace clientcert {

class LookupFileReader {
public:
    explicit LookupFileReader(const std::string &path) : path_{path} {}

    /// Its contents, where it has changed since it was last asked for, or may have.
    Result<std::optional<std::string>> read_if_changed();

private:
    Result<std::optional<std::string>> read(const FileIdentity &identity) const;

    const std::string &path_;
    std::optional<FileIdentity> seen_;
};

}  // namespace clientcert

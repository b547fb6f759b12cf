// SPDX-License-Identifier: Apache-2.0
// The files that a path stands for.
#pragma once

#include "core/file.hh"

#include <string>
#include <vector>

namespace clientcert {

struct ListedFile {
    std::string path;
    FileIdentity identity;
    std::string problem;  ///< why it cannot be looked at; empty where it can
};

/// The file at that path, or the regular files of the directory there, by name: links count as what
/// they lead to, several to the same file once; dot files and what editors leave behind are left
/// out. An error means that nobody knows what there is.
Result<std::vector<ListedFile>> list_files(const std::string &path);

/// Whether a file that was listed before, and is not in `files`, is gone, as far as `files` goes:
/// a directory that changes while it is read may hide a file.
bool is_gone(const std::string &path, const std::vector<ListedFile> &files);

}  // namespace clientcert

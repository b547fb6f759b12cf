// SPDX-License-Identifier: Apache-2.0
// A file of ClientCertMap lines.
#pragma once

#include <clientcert/user_map.hh>

#include <string>
#include <vector>

namespace clientcert::tool {

/// The rules of one name, and where they stand.
struct NamedMap {
    std::string name;
    UserMap map{};
    std::vector<std::size_t> lines{};  ///< of each rule
};

struct MapFile {
    std::vector<NamedMap> maps{};  ///< in the order of their first lines
    std::string pattern{usual_user_pattern};

    /// An error names the file, the line and what is wrong. `root` stands before relative paths.
    static Result<MapFile> read(const std::string &path, const std::string &root);

    const NamedMap *named(std::string_view name) const;
};

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// Where a map may look a user up: behind this stand files, databases and directories.
#pragma once

#include <clientcert/result.hh>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// Used by many threads at once.
class MapLookup {
public:
    struct Answer {
        enum class State {
            found,
            absent,
            several,  ///< more than one user: nobody can tell which
            failed,   ///< it could not be asked
        };
        State state = State::absent;
        std::string text{};  ///< the user, or why it failed
    };

    MapLookup() = default;
    MapLookup(const MapLookup &) = delete;
    MapLookup &operator=(const MapLookup &) = delete;
    virtual ~MapLookup() = default;

    /// May take its time. `key` is UTF-8 without control characters, and not empty;
    /// `context` is what the caller of UserMap::evaluate has given, or null.
    virtual Answer find(const std::string &key, void *context) const = 0;

    /// What is wrong with it now although it answers, out of what it knew before; empty: nothing.
    virtual std::string problem() const { return {}; }
};

/// What else a rule says to its lookup, as `NAME=VALUE`.
using LookupOptions = std::map<std::string, std::string, std::less<>>;

/// A kind of lookup that there is here: the row of a table that the caller of MapRule::parse has.
struct MapLookupKind {
    std::string_view name;      ///< "file"
    std::string_view argument;  ///< what stands behind the colon: "PATH"

    /// An error is one of the configuration; what is merely down at the moment is none.
    std::function<Result<std::shared_ptr<const MapLookup>>(const std::string &argument,
                                                           const LookupOptions &options)>
        open;

    std::vector<std::string_view> options{};  ///< names of those that it takes
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Notices changes in directories at once, where the system tells of them (inotify).
#pragma once

#include "core/file.hh"

#include <map>
#include <set>
#include <string>

namespace clientcert {

class Watcher {
public:
    Watcher();

    /// From now on, changes in that directory (`file`: of that name alone, where it is not empty)
    /// are told under that key. Again for the same key: the directory may be another one now.
    void watch(const std::string &key, const std::string &directory, const std::string &file = {});

    /// The keys under which something has changed since the last call. Never waits.
    std::set<std::string> changed();

private:
    struct Watch {
        int descriptor;
        std::string file;
    };

    void take(std::string_view events, std::set<std::string> &keys) const;
    void drop(int descriptor);

    Descriptor inotify_;
    std::map<std::string, Watch> watches_;
};

}  // namespace clientcert

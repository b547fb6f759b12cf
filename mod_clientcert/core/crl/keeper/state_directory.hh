// SPDX-License-Identifier: Apache-2.0
// A keeper's hold on its state directory: open, and locked against other keepers.
#pragma once

#include "core/crl/keeper/host_log.hh"
#include "core/file.hh"

#include <clientcert/crl_keeper.hh>

#include <string>

namespace clientcert {

class StateDirectory {
public:
    StateDirectory(std::string path, KeeperHost &host);

    /// Whether the directory stands at its path and the lock is ours. Tries to get there, and says
    /// what is in the way.
    bool hold(Time now);

    /// How often that was got: a new number means that everything in it may be different.
    unsigned held() const { return held_; }

    int fd() const { return directory_.get(); }
    const std::string &path() const { return path_; }

private:
    bool still_there() const;
    bool still_locked() const;
    bool has_folders();
    bool open();
    bool lock(Time now);
    void sign_lock() const;
    std::string owner_of_lock() const;

    std::string path_;
    KeeperHost &host_;
    OnceLog log_;
    Descriptor directory_;
    Descriptor lock_file_;
    bool locked_ = false;
    unsigned held_ = 0;
    Time waiting_since_{};
};

}  // namespace clientcert

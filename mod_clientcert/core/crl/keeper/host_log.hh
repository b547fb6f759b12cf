// SPDX-License-Identifier: Apache-2.0
// Says a thing once for as long as it is so.
#pragma once

#include <clientcert/crl_keeper.hh>

#include <string>
#include <utility>

namespace clientcert {

class OnceLog {
public:
    /// Logs the message where it is not the one that stands already.
    void say(KeeperHost &host, KeeperHost::Level level, const std::string &message)
    {
        if (std::exchange(standing_, message) != message)
            host.log(level, message);
    }

    /// What was said is over; `message` tells so, where something was.
    void over(KeeperHost &host, const std::string &message)
    {
        if (!std::exchange(standing_, {}).empty())
            host.log(KeeperHost::Level::notice, message);
    }

private:
    std::string standing_;
};

}  // namespace clientcert

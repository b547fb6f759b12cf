// SPDX-License-Identifier: Apache-2.0
// A ClientCertCRL line while it is being looked after.
#pragma once

#include "core/crl/keeper/memory.hh"

#include <clientcert/crl_keeper.hh>

#include <map>
#include <string>
#include <vector>

namespace clientcert {

/// As far as times go: clocks may say anything.
constexpr Time later(Time time, std::chrono::seconds wait)
{
    return time > Time::max() - wait ? Time::max() : time + wait;
}

/// When something is to be done next, by a clock that may be set.
class Schedule {
public:
    /// A clock that went back before the last time makes everything due.
    bool due(Time now) const { return now >= next_ || now < last_; }

    void done(Time now, std::chrono::seconds wait)
    {
        last_ = now;
        next_ = later(now, wait);
    }
    void at_once() { next_ = Time::min(); }

private:
    Time last_ = Time::min();
    Time next_ = Time::min();
};

struct TrackedFile {
    CrlFile known;
    std::vector<CrlId> published;  ///< known.crls when the current index was written
};

struct TrackedSource {
    CrlSource settings;
    std::map<std::string, TrackedFile> files;  ///< by path or URL
    std::string problem;                       ///< of the source as a whole, as it was logged
    bool looked_at = false;                    ///< and decided about each file
    Schedule schedule;
    Time patience_ends{};  ///< with files that are still being written at the first look
};

/// The same, quoted: for logs.
std::string shown_source(const std::string &where);

}  // namespace clientcert

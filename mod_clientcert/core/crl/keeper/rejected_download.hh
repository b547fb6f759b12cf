// SPDX-License-Identifier: Apache-2.0
// A download that was of no use: what tells another one that is the same.
#pragma once

#include "core/file.hh"

#include <clientcert/crl_fetch.hh>
#include <clientcert/crl_keeper.hh>

#include <optional>

namespace clientcert {

class RejectedDownload {
public:
    /// Nothing where it cannot be read, or the host wants to stop.
    static std::optional<RejectedDownload> of(const Descriptor &file, const Downloaded &result,
                                              KeeperHost &host, Time now);

    /// Whether the server may be asked for changes of it.
    bool has_validator() const { return !etag_.empty() || !last_modified_.empty(); }
    const std::string &etag() const { return etag_; }
    const std::string &last_modified() const { return last_modified_; }

    /// What is wrong with it may have been the clock, or the server's validator: it does not count
    /// for ever.
    bool is_outdated(Time now) const;

    /// Whether a later one has the same octets; its validators are those to ask with, then.
    bool is_same_as(const RejectedDownload &later);

private:
    std::string etag_;
    std::string last_modified_;
    Time since_{};
    std::uint64_t size_ = 0;
    Sha256 digest_{};
};

}  // namespace clientcert

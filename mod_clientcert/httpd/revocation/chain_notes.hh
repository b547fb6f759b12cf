// SPDX-License-Identifier: Apache-2.0
// What handshakes bring along that the keeper of the CRLs has use for.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/chain.hh>

#include <mutex>
#include <set>
#include <string>

namespace clientcert::httpd {

/// Leaves notes in the state directory: CA certificates, which may have signed CRLs that nobody
/// could check so far, and distribution points. Each process does so once for each.
class ChainNotes {
public:
    ChainNotes(int state_directory, bool points) : directory_{state_directory}, points_{points} {}

    /// A chain that verified.
    void met(const STACK_OF(X509) & certificates, const VerifiedChain &chain);

private:
    bool is_new(std::set<std::string> &known, const std::string &what);

    int directory_;
    bool points_;  ///< whether distribution points are of any use
    std::mutex mutex_;
    std::set<std::string> known_issuers_;
    std::set<std::string> known_points_;
};

}  // namespace clientcert::httpd

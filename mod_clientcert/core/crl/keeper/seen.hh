// SPDX-License-Identifier: Apache-2.0
// What processes met in handshakes, as the keeper reads it: one file for each certificate and
// distribution point, named by the SHA-256 of its contents.
#pragma once

#include <clientcert/certificate.hh>

#include <set>
#include <string>
#include <vector>

namespace clientcert {

struct Seen {
    std::vector<Certificate> issuers;
    std::vector<std::string> urls;
};

class SeenReader {
public:
    /// What is new since the last call.
    Seen read(int state_directory);

private:
    std::set<std::string> known_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What somebody should see to.
#pragma once

#include <clientcert/html.hh>
#include <clientcert/status.hh>

#include <string>
#include <vector>

namespace clientcert {

struct Attention {
    Mood mood;
    std::string what;  ///< of which kind it is
    std::string text;
};

/// The gravest first.
std::vector<Attention> attention_for(const Status &status);

}  // namespace clientcert

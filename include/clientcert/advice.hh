// SPDX-License-Identifier: Apache-2.0
// What a denial means to the person who is denied, in plain words.
#pragma once

#include <clientcert/verdict.hh>

#include <string_view>

namespace clientcert {

struct Advice {
    std::string_view heading;  ///< what is wrong
    std::string_view meaning;  ///< a sentence or two
    std::string_view todo;     ///< what the person can do
};

/// For a denial for that reason; `state` is that of the person's certificate.
Advice advice_on(Reason reason, Verdict::State state);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What time it is.
#pragma once

#include <clientcert/certificate.hh>

namespace clientcert {

inline Time current_time()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace clientcert

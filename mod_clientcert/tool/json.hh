// SPDX-License-Identifier: Apache-2.0
// JSON for programs, on standard output.
#pragma once

#include <clientcert/json.hh>

#include <cstdio>

namespace clientcert::tool {

using namespace json;

inline void print(const JsonPtr &json)
{
    std::fputs(printed(json).c_str(), stdout);
}

}  // namespace clientcert::tool

// SPDX-License-Identifier: Apache-2.0
// DER, written by hand.
#pragma once

#include <string>

namespace clientcert::test {

inline std::string element(int tag, const std::string &contents)
{
    const std::size_t size = contents.size();
    std::string header{static_cast<char>(tag)};
    if (size >= 0x10000)
        header += std::string{'\x83', static_cast<char>(size >> 16), static_cast<char>(size >> 8)};
    else if (size >= 0x100)
        header += std::string{'\x82', static_cast<char>(size >> 8)};
    else if (size >= 0x80)
        header += '\x81';
    return header + static_cast<char>(size) + contents;
}

}  // namespace clientcert::test

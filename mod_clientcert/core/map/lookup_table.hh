// SPDX-License-Identifier: Apache-2.0
// Keys and users in as little memory as they take, found at a price that does not depend on how
// many there are.
#pragma once

#include <clientcert/result.hh>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// Nothing in it is ever changed.
class LookupTable {
public:
    /// Of the contents of a file: `key user` a line. An error names the line and what is wrong.
    static Result<LookupTable> parse(std::string_view contents);

    std::optional<std::string_view> find(std::string_view key) const;

    std::size_t size() const { return size_; }

    /// Of memory.
    std::size_t octets() const
    {
        return entries_.capacity() + slots_.capacity() * sizeof(slots_.front());
    }

    bool operator==(const LookupTable &) const = default;

private:
    class Builder;

    std::string_view text_at(std::size_t place) const;
    std::size_t slot_of(std::string_view key) const;

    std::string entries_;               ///< key and user, each behind its size in two octets
    std::vector<std::uint32_t> slots_;  ///< where an entry begins, plus one; 0 is empty
    std::size_t size_ = 0;
};

}  // namespace clientcert

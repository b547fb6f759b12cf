// SPDX-License-Identifier: Apache-2.0
// A value, or why there is none.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace clientcert {

/// Why there is no value: one sentence for the person who gave the input.
struct Error {
    std::string message;
};

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_{std::in_place_index<0>, std::move(value)} {}
    Result(Error error) : content_{std::in_place_index<1>, std::move(error)} {}

    explicit operator bool() const { return content_.index() == 0; }

    /// The value; only where there is one.
    const T &operator*() const & { return std::get<0>(content_); }
    T &&operator*() && { return std::get<0>(std::move(content_)); }
    const T *operator->() const { return &std::get<0>(content_); }

    /// The reason; only where there is no value.
    const std::string &error() const { return std::get<1>(content_).message; }

private:
    std::variant<T, Error> content_;
};

}  // namespace clientcert

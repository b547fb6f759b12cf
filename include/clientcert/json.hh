// SPDX-License-Identifier: Apache-2.0
// JSON for programs: values that nobody has to release.
#pragma once

#include <jansson.h>

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::json {

struct Release {
    void operator()(json_t *value) const noexcept { json_decref(value); }
    void operator()(char *text) const noexcept { std::free(text); }
};
using JsonPtr = std::unique_ptr<json_t, Release>;

/// What jansson has made; an exception where it has had no memory.
JsonPtr checked(json_t *value);

/// The value is taken out of it when an object is made.
struct Member {
    const char *name;
    mutable JsonPtr value;
};

/// With these members: `object({{"name", text("x")}, {"size", number(1)}})`.
JsonPtr object(std::initializer_list<Member> members = {});
JsonPtr array();
JsonPtr null();
JsonPtr boolean(bool value);
JsonPtr number(std::uint64_t value);

/// JSON is UTF-8: of text that is not (a file's name), \xHH stands for what it cannot have.
JsonPtr text(std::string_view value);
JsonPtr texts(const std::vector<std::string> &values);

void put(const JsonPtr &object, const char *name, JsonPtr value);
void append(const JsonPtr &array, JsonPtr value);

/// Indented, in the order in which the members were put.
std::string printed(const JsonPtr &value);

}  // namespace clientcert::json

// SPDX-License-Identifier: Apache-2.0
// JSON for programs: values that nobody has to release.
#pragma once

#include <jansson.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace clientcert::tool {

struct ReleaseJson {
    void operator()(json_t *json) const noexcept { json_decref(json); }
    void operator()(char *text) const noexcept { std::free(text); }
};
using JsonPtr = std::unique_ptr<json_t, ReleaseJson>;

/// What jansson has made; an exception where it has had no memory.
JsonPtr checked(json_t *json);

JsonPtr boolean(bool value);
JsonPtr number(std::uint64_t value);

/// JSON is UTF-8: text that is not (a file's name) loses what it cannot have.
JsonPtr text(std::string value);
JsonPtr texts(const std::vector<std::string> &values);

void put(const JsonPtr &object, const char *name, JsonPtr value);
void append(const JsonPtr &array, JsonPtr value);

/// To standard output.
void print(const JsonPtr &json);

}  // namespace clientcert::tool

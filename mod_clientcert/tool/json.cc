// SPDX-License-Identifier: Apache-2.0
#include "tool/json.hh"

#include <cstdio>
#include <new>

namespace clientcert::tool {

JsonPtr checked(json_t *json)
{
    if (!json)
        throw std::bad_alloc{};
    return JsonPtr{json};
}

JsonPtr boolean(bool value)
{
    return checked(json_boolean(value));
}

JsonPtr number(std::uint64_t value)
{
    return checked(json_integer(static_cast<json_int_t>(value)));
}

JsonPtr text(std::string value)
{
    if (json_t *json = json_stringn(value.data(), value.size()))
        return JsonPtr{json};
    for (auto &octet : value)
        if ((static_cast<unsigned char>(octet) & 0x80) != 0)
            octet = '?';
    return checked(json_stringn(value.data(), value.size()));
}

JsonPtr texts(const std::vector<std::string> &values)
{
    auto array = checked(json_array());
    for (const auto &value : values)
        append(array, text(value));
    return array;
}

void put(const JsonPtr &object, const char *name, JsonPtr value)
{
    if (json_object_set_new(object.get(), name, value.release()) != 0)
        throw std::bad_alloc{};
}

void append(const JsonPtr &array, JsonPtr value)
{
    if (json_array_append_new(array.get(), value.release()) != 0)
        throw std::bad_alloc{};
}

void print(const JsonPtr &json)
{
    const std::unique_ptr<char, ReleaseJson> printed{json_dumps(json.get(), JSON_INDENT(2))};
    if (!printed)
        throw std::bad_alloc{};
    std::puts(printed.get());
}

}  // namespace clientcert::tool

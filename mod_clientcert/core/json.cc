// SPDX-License-Identifier: Apache-2.0
#include <clientcert/json.hh>

#include "core/utf8.hh"

#include <new>

namespace clientcert::json {

JsonPtr checked(json_t *value)
{
    if (value == nullptr)
        throw std::bad_alloc{};
    return JsonPtr{value};
}

JsonPtr object(std::initializer_list<Member> members)
{
    auto made = checked(json_object());
    for (const auto &member : members)
        put(made, member.name, std::move(member.value));
    return made;
}

JsonPtr array()
{
    return checked(json_array());
}

JsonPtr null()
{
    return checked(json_null());
}

JsonPtr boolean(bool value)
{
    return checked(json_boolean(value));
}

JsonPtr number(std::uint64_t value)
{
    return checked(json_integer(static_cast<json_int_t>(value)));
}

JsonPtr text(std::string_view value)
{
    const std::string utf8 = utf8_text(value);
    return checked(json_stringn(utf8.data(), utf8.size()));
}

JsonPtr texts(const std::vector<std::string> &values)
{
    auto list = array();
    for (const auto &value : values)
        append(list, text(value));
    return list;
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

std::string printed(const JsonPtr &value)
{
    const std::unique_ptr<char, Release> dumped{json_dumps(value.get(), JSON_INDENT(2))};
    if (!dumped)
        throw std::bad_alloc{};
    return std::string{dumped.get()} + '\n';
}

}  // namespace clientcert::json

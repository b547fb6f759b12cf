// SPDX-License-Identifier: Apache-2.0
#include "tool/options.hh"

#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert::tool {

Result<Options> Options::parse(Arguments arguments, std::span<const Option> known)
{
    Options options;
    bool over = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (over || argument.size() < 2 || argument.front() != '-') {
            options.rest_.emplace_back(argument);
            continue;
        }
        if (argument == "--") {
            over = true;
            continue;
        }
        const auto equals = argument.find('=');
        const auto name = argument.substr(0, equals);
        const auto option = std::ranges::find(known, name, &Option::name);
        if (option == known.end())
            return Error{quoted(name) + " is no option"};
        if (!option->repeats && options.has(name))
            return Error{std::string{name} + " is given twice"};
        if (!option->value && equals != argument.npos)
            return Error{std::string{name} + " takes no value"};
        if (option->value && equals == argument.npos && i + 1 == arguments.size())
            return Error{std::string{name} + " needs a value: " + option->value};
        const std::string_view value = !option->value            ? std::string_view{}
                                       : equals == argument.npos ? arguments[++i]
                                                                 : argument.substr(equals + 1);
        options.given_.push_back({option->name, std::string{value}});
    }
    return options;
}

std::optional<std::string> Options::value(std::string_view name) const
{
    const auto given = std::ranges::find(given_, name, &Given::name);
    return given == given_.end() ? std::nullopt : std::optional{given->value};
}

std::vector<std::string> Options::values(std::string_view name) const
{
    std::vector<std::string> result;
    for (const auto &given : given_)
        if (given.name == name)
            result.push_back(given.value);
    return result;
}

}  // namespace clientcert::tool

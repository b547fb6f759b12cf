// SPDX-License-Identifier: Apache-2.0
// Arguments of a command: options and the rest.
#pragma once

#include "tool/command.hh"

#include <clientcert/result.hh>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::tool {

struct Option {
    std::string_view name;  ///< "--ca"
    const char *value;      ///< what it is followed by ("FILE"); null for a switch
    bool repeats = false;
};

class Options {
public:
    /// Takes "--ca FILE" and "--ca=FILE", before and behind other arguments; "--" ends the options.
    static Result<Options> parse(Arguments arguments, std::span<const Option> known);

    bool has(std::string_view name) const { return value(name).has_value(); }
    std::optional<std::string> value(std::string_view name) const;
    std::vector<std::string> values(std::string_view name) const;

    /// What is no option.
    const std::vector<std::string> &rest() const { return rest_; }

private:
    struct Given {
        std::string_view name;  ///< that of the known option
        std::string value;
    };

    std::vector<Given> given_;
    std::vector<std::string> rest_;
};

}  // namespace clientcert::tool

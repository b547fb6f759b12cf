// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/lines.hh"

#include "httpd/dump/text.hh"

namespace clientcert::httpd::dump {

std::string place_of(const ap_directive_t &line)
{
    return printable(line.filename != nullptr ? line.filename : "?") + ':' +
           std::to_string(line.line_num);
}

std::string arguments_of(const ap_directive_t &line)
{
    std::string text = printable(line.args);
    for (auto at = text.find("://"); at != text.npos; at = text.find("://", at + 1)) {
        const auto host = at + 3;
        const auto end = text.find_first_of("/ \"?", host);
        const auto user = text.substr(host, end == text.npos ? end : end - host).rfind('@');
        if (user != text.npos)
            text.erase(host, user + 1);
    }
    return text;
}

std::string name_of(const ap_directive_t &line)
{
    for (const auto *row = clientcert_module.cmds; row->name != nullptr; ++row)
        if (is_named(line, row->name))
            return row->name;
    return line.directive;
}

std::string text_of(const ap_directive_t &line)
{
    const std::string arguments = arguments_of(line);
    const char *separator = arguments.empty() || arguments.starts_with('>') ? "" : " ";
    return name_of(line) + separator + arguments;
}

}  // namespace clientcert::httpd::dump

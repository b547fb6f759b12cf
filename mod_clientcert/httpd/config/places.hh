// SPDX-License-Identifier: Apache-2.0
// Where the configuration says what, for those who ask about the configuration as such.
#pragma once

#include "httpd/httpd.hh"

#include <map>
#include <string>

namespace clientcert::httpd {

/// Lines of one reading of the server's configuration. What .htaccess files say is not kept.
class Places {
public:
    void note(const void *item, const ap_directive_t &line) { lines_.emplace(item, &line); }
    void note_section(const ap_directive_t *section, const void *config)
    {
        sections_.emplace(section, config);
    }

    /// The line that an item of a List comes from, or null.
    const ap_directive_t *line_of(const void *item) const
    {
        const auto found = lines_.find(item);
        return found != lines_.end() ? found->second : nullptr;
    }

    /// What that section (null: the top of the configuration) says of ours, or null.
    const void *said_in(const ap_directive_t *section) const
    {
        const auto found = sections_.find(section);
        return found != sections_.end() ? found->second : nullptr;
    }

private:
    friend void keep_file_names(const cmd_parms &cmd);

    bool names_are_kept_ = false;
    std::map<const void *, const ap_directive_t *> lines_;
    std::map<const ap_directive_t *, const void *> sections_;
};

/// "FILE:LINE".
inline std::string place(const char *file, unsigned line)
{
    return std::string{file != nullptr ? file : "?"} + ':' + std::to_string(line);
}

/// The section that a line stands in, or null for the top. What only groups lines is none.
const ap_directive_t *section_of(const ap_directive_t &line);

/// Whether it is `<Limit>`, `<RequireAny>` or the like.
bool only_groups(const ap_directive_t &container);

}  // namespace clientcert::httpd

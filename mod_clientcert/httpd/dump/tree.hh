// SPDX-License-Identifier: Apache-2.0
// The configuration as it is written: sections in sections, and the lines in them.
#pragma once

#include "httpd/config/directives.hh"
#include "httpd/config/places.hh"
#include "httpd/config/words.hh"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert::httpd::dump {

using Line = const ap_directive_t *;

struct Section {
    enum class Kind { main, host, directory, location, files, condition, proxy, other };

    Kind kind = Kind::main;
    Line line = nullptr;  ///< that begins it; null for the top of the configuration
    const Section *outer = nullptr;
    const server_rec *server = nullptr;
    std::string path;                       ///< of a directory or location
    const ap_regex_t *regex = nullptr;      ///< where the path is one
    const DirectoryConfig *said = nullptr;  ///< null where it says nothing of ours
    std::vector<Line> lines;                ///< with <RequireAny> and the like as one
    std::vector<std::unique_ptr<Section>> inner;

    /// A virtual host, or what stands outside of all.
    bool is_server() const { return kind == Kind::main || kind == Kind::host; }
};

/// All of it, below the top.
std::unique_ptr<Section> read_tree(apr_pool_t *pool, server_rec &main, const Places &places);

bool is_named(const ap_directive_t &line, std::string_view directive);

/// The words on the line.
std::vector<std::string> words_of(Line line);

/// The last line of that directive in the section itself, or null.
Line own_line(const Section &section, std::string_view directive);

/// Whether the line stands in that section, and not in one around or inside it.
bool stands_in(Line line, const Section &section);

/// "the main server", or `<Location "/a">` as it was written.
std::string title_of(const Section &section);

/// Calls `visit(line)` for each line, those in <RequireAny>, <Limit> ... too.
template <typename Visit>
void for_each_line(Line first, Visit &&visit)
{
    for (Line line = first; line != nullptr; line = line->next) {
        visit(line);
        if (line->first_child != nullptr && only_groups(*line))
            for_each_line(line->first_child, visit);
    }
}
template <typename Visit>
void for_each_line(const Section &section, Visit &&visit)
{
    for (Line line : section.lines) {
        visit(line);
        if (line->first_child != nullptr)
            for_each_line(line->first_child, visit);
    }
}

/// Calls `visit(section)` for this one and all in it.
template <typename Visit>
void for_each_section(const Section &section, Visit &&visit)
{
    visit(section);
    for (const auto &inner : section.inner)
        for_each_section(*inner, visit);
}

}  // namespace clientcert::httpd::dump

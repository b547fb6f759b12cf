// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/tree.hh"

#include "httpd/dump/text.hh"

namespace clientcert::httpd::dump {
namespace {

using Kind = Section::Kind;

struct Name {
    const char *directive;
    Kind kind;
    bool regex = false;
};

constexpr auto names = std::to_array<Name>({
    {"<VirtualHost", Kind::host},
    {"<Directory", Kind::directory},
    {"<DirectoryMatch", Kind::directory, true},
    {"<Location", Kind::location},
    {"<LocationMatch", Kind::location, true},
    {"<Files", Kind::files},
    {"<FilesMatch", Kind::files},
    {"<If", Kind::condition},
    {"<ElseIf", Kind::condition},
    {"<Else", Kind::condition},
    {"<Proxy", Kind::proxy},
    {"<ProxyMatch", Kind::proxy},
});

/// A virtual host knows where it begins.
const server_rec *server_at(const server_rec &main, const ap_directive_t &line)
{
    for (const auto *one = &main; one != nullptr; one = one->next)
        if (one->is_virtual && one->defn_name != nullptr &&
            one->defn_line_number == static_cast<unsigned>(line.line_num) &&
            std::string_view{one->defn_name} == line.filename)
            return one;
    return &main;
}

class Reader {
public:
    Reader(apr_pool_t *pool, server_rec &main, const Places &places)
        : pool_{pool}, main_{main}, places_{places}
    {
    }

    void fill(Section &section, Line first) const
    {
        section.said = static_cast<const DirectoryConfig *>(places_.said_in(section.line));
        for (Line line = first; line != nullptr; line = line->next) {
            if (line->directive[0] != '<' || only_groups(*line))
                section.lines.push_back(line);
            else
                section.inner.push_back(made(section, *line));
        }
    }

private:
    std::unique_ptr<Section> made(const Section &outer, const ap_directive_t &line) const
    {
        auto section = std::make_unique<Section>();
        const auto *name = std::ranges::find_if(
            names, [&](const Name &one) { return is_named(line, one.directive); });
        section->kind = name != names.end() ? name->kind : Kind::other;
        section->line = &line;
        section->outer = &outer;
        section->server = section->kind == Kind::host ? server_at(main_, line) : outer.server;
        if (section->kind == Kind::directory || section->kind == Kind::location)
            read_path(*section, name->regex);
        fill(*section, line.first_child);
        return section;
    }

    /// As httpd reads it: `~` makes an expression of what follows.
    void read_path(Section &section, bool is_regex) const
    {
        auto words = words_of(section.line);
        if (!words.empty() && words.front() == "~") {
            is_regex = true;
            words.erase(words.begin());
        }
        section.path = words.empty() ? std::string{} : words.front();
        if (is_regex)
            section.regex = ap_pregcomp(pool_, section.path.c_str(), AP_REG_EXTENDED);
    }

    apr_pool_t *pool_;
    server_rec &main_;
    const Places &places_;
};

}  // namespace

bool is_named(const ap_directive_t &line, std::string_view directive)
{
    return is_word(line.directive, directive);
}

Line own_line(const Section &section, std::string_view directive)
{
    Line found = nullptr;
    for_each_line(section, [&](Line line) {
        if (is_named(*line, directive))
            found = line;
    });
    return found;
}

bool stands_in(Line line, const Section &section)
{
    return line != nullptr && section_of(*line) == section.line;
}

std::vector<std::string> words_of(Line line)
{
    std::string text{line->args};
    if (line->directive[0] == '<' && text.ends_with('>'))
        text.pop_back();
    return httpd::words_of(text.c_str());
}

std::string title_of(const Section &section)
{
    if (section.line == nullptr)
        return "the main server";
    const auto arguments = without_passwords(section.line->args);
    const char *separator = arguments.empty() || arguments.starts_with('>') ? "" : " ";
    return section.line->directive + (separator + arguments);
}

std::unique_ptr<Section> read_tree(apr_pool_t *pool, server_rec &main, const Places &places)
{
    auto top = std::make_unique<Section>();
    top->server = &main;
    Reader{pool, main, places}.fill(*top, ap_conftree);
    return top;
}

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/policy.hh"

#include <apr_fnmatch.h>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

using Kind = Section::Kind;

std::string with_slash(const std::string &path)
{
    return path.ends_with('/') ? path : path + '/';
}

bool is_plain(const Section &section)
{
    return section.regex == nullptr && apr_fnmatch_test(section.path.c_str()) == 0;
}

/// What all paths have in common that a section with wildcards or an expression is for.
std::string path_before_pattern(const Section &section)
{
    if (section.regex != nullptr)
        return "/";
    const auto front = section.path.substr(0, section.path.find_first_of("*?[\\"));
    return front.substr(0, front.rfind('/') + 1);
}

/// `<Location "/a/">` is not for /a itself; a directory is one with and without the slash.
bool is_in_location(const std::string &location, const std::string &path)
{
    return path.starts_with(location) &&
           (location.ends_with('/') || path.size() == location.size() ||
            path[location.size()] == '/');
}

/// Whether httpd applies that section to what has this path.
bool applies(const Section &section, const std::string &path)
{
    if (section.regex != nullptr)
        return ap_regexec(section.regex, path.c_str(), 0, nullptr, 0) == 0;
    if (is_plain(section))
        return section.kind == Kind::location
                   ? is_in_location(section.path, path)
                   : with_slash(path).starts_with(with_slash(section.path));
    // A location's wildcards are for all of the path, a directory's for as many parts as it has.
    if (section.kind == Kind::location)
        return apr_fnmatch(section.path.c_str(), path.c_str(), APR_FNM_PATHNAME) == APR_SUCCESS;
    const auto parts = std::ranges::count(with_slash(section.path), '/');
    std::string front;
    for (std::size_t at = 0; at < path.size() && std::ranges::count(front, '/') < parts; ++at)
        front += path[at];
    return apr_fnmatch(with_slash(section.path).c_str(), with_slash(front).c_str(),
                       APR_FNM_PATHNAME) == APR_SUCCESS;
}

/// Directories: those with fewer parts first, expressions last. Locations: as they stand.
void order(std::vector<const Section *> &sections)
{
    std::ranges::stable_sort(sections, {}, [](const Section *one) {
        if (one->kind != Kind::directory)
            return std::pair{false, std::ptrdiff_t{0}};
        return std::pair{one->regex != nullptr, std::ranges::count(with_slash(one->path), '/')};
    });
}

/// Puts the policies of one host together.
class Maker {
public:
    Maker(apr_pool_t *pool, const Section &top, const Section &host) : pool_{pool}
    {
        servers_.push_back(&top);
        if (&host != &top)
            servers_.push_back(&host);
        nothing_ = static_cast<const DirectoryConfig *>(DirectoryConfig::create(pool, nullptr));
    }

    Policy everywhere() const { return policy(*servers_.back(), servers_); }

    std::vector<Policy> inner() const
    {
        std::vector<Policy> policies;
        for (const auto *server : servers_)
            for (const auto &section : server->inner)
                if (section->kind != Kind::host)
                    add(*section, policies);
        return policies;
    }

private:
    void add(const Section &section, std::vector<Policy> &policies) const
    {
        auto layers = layers_of(section);
        policies.push_back(policy(section, std::move(layers)));
        for (const auto &inner : section.inner)
            add(*inner, policies);
    }

    std::vector<const Section *> layers_of(const Section &section) const
    {
        auto layers = section.outer->is_server() ? servers_ : layers_of(*section.outer);
        if (section.kind != Kind::directory && section.kind != Kind::location) {
            layers.push_back(&section);
            return layers;
        }
        const bool is_one = is_plain(section);
        const auto path = is_one ? section.path : path_before_pattern(section);
        std::vector<const Section *> all;
        for (const auto *server : servers_)
            for (const auto &other : server->inner)
                if (other.get() == &section ||
                    (other->kind == section.kind && (is_one || is_plain(*other)) &&
                     applies(*other, path)))
                    all.push_back(other.get());
        order(all);
        layers.insert(layers.end(), all.begin(), all.end());
        return layers;
    }

    Policy policy(const Section &section, std::vector<const Section *> layers) const
    {
        const auto *directory = nothing_;
        for (const auto *layer : layers)
            if (layer->said != nullptr)
                directory = static_cast<const DirectoryConfig *>(
                    DirectoryConfig::merge(pool_, const_cast<DirectoryConfig *>(directory),
                                           const_cast<DirectoryConfig *>(layer->said)));
        return {&section, std::move(layers), directory};
    }

    apr_pool_t *pool_;
    std::vector<const Section *> servers_;
    const DirectoryConfig *nothing_;
};

}  // namespace

Line Policy::line(std::string_view directive) const
{
    Line found = nullptr;
    for (const auto *layer : layers)
        for_each_line(*layer, [&](Line line) {
            if (is_named(*line, directive))
                found = line;
        });
    return found;
}

std::vector<Line> Policy::lines(std::string_view directive) const
{
    std::vector<Line> found;
    for (const auto *layer : layers)
        for_each_line(*layer, [&](Line line) {
            if (is_named(*line, directive))
                found.push_back(line);
        });
    return found;
}

bool is_requirement(const ap_directive_t &line)
{
    constexpr auto names =
        std::to_array<std::string_view>({"Require", "<RequireAll", "<RequireAny", "<RequireNone"});
    if (std::ranges::any_of(names, [&](std::string_view name) { return is_named(line, name); }))
        return true;
    bool limits = false;
    if (only_groups(line))
        for (Line inner = line.first_child; inner != nullptr; inner = inner->next)
            limits = limits || is_requirement(*inner);
    return limits;
}

std::vector<Line> Policy::requirements() const
{
    std::vector<Line> all;
    for (const auto *layer : layers) {
        std::vector<Line> own;
        std::ranges::copy_if(layer->lines, std::back_inserter(own),
                             [](Line line) { return is_requirement(*line); });
        if (own.empty())
            continue;
        Line merging = own_line(*layer, "AuthMerging");
        if (merging == nullptr || is_word(merging->args, "Off"))
            all.clear();
        all.insert(all.end(), own.begin(), own.end());
    }
    return all;
}

Configuration Configuration::read(apr_pool_t *pool, server_rec &main)
{
    const auto &registry = *server_config(main).registry;
    Configuration configuration{pool, &main, &registry, read_tree(pool, main, registry.places),
                                {},   {}};
    for_each_section(*configuration.top, [&](const Section &section) {
        if (section.line != nullptr && is_named(*section.line, "<AuthzProviderAlias"))
            if (const auto words = words_of(section.line); words.size() > 1)
                configuration.aliases[words[1]] = section.line;
    });
    const auto add = [&](const Section &server) {
        const Maker maker{pool, *configuration.top, server};
        const bool counts = server.line != nullptr || main.next == nullptr || has_tls(main);
        configuration.hosts.push_back({server.server, maker.everywhere(), maker.inner(), counts});
    };
    add(*configuration.top);
    for (const auto &section : configuration.top->inner)
        if (section->kind == Kind::host)
            add(*section);
    return configuration;
}

const Section *Configuration::section_of(Line line) const
{
    const auto *wanted = httpd::section_of(*line);
    const Section *found = nullptr;
    for_each_section(*top, [&](const Section &section) {
        if (section.line == wanted)
            found = &section;
    });
    return found;
}

std::optional<bool> fixed_outcome(const Configuration &configuration, const Expression &expression)
{
    if (!expression.fixed())
        return std::nullopt;
    // httpd looks there for a log level.
    conn_rec connection{};
    connection.pool = configuration.pool;
    connection.base_server = configuration.main;
    request_rec nobody{};
    nobody.pool = configuration.pool;
    nobody.server = configuration.main;
    nobody.connection = &connection;
    Trace trace;
    const char *error = nullptr;
    return expression.holds(nobody, trace, error);
}

std::string word_of(const Policy &policy, std::string_view directive)
{
    Line line = policy.line(directive);
    const auto words = line != nullptr ? words_of(line) : std::vector<std::string>{};
    return words.empty() ? std::string{} : words.front();
}

}  // namespace clientcert::httpd::dump

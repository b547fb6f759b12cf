// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/policy.hh"

#include <apr_fnmatch.h>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

using Kind = Section::Kind;

bool is_requirement(const ap_directive_t &line)
{
    return is_named(line, "Require") || is_named(line, "<RequireAll") ||
           is_named(line, "<RequireAny") || is_named(line, "<RequireNone");
}

std::string with_slash(const std::string &path)
{
    return path.ends_with('/') ? path : path + '/';
}

/// Whether httpd applies that section to what has this path.
bool applies(const Section &section, const std::string &path)
{
    if (section.regex != nullptr)
        return ap_regexec(section.regex, path.c_str(), 0, nullptr, 0) == 0;
    if (apr_fnmatch_test(section.path.c_str()) == 0)
        return with_slash(path).starts_with(with_slash(section.path));
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
        const bool by_path = section.kind == Kind::directory || section.kind == Kind::location;
        if (!by_path || section.regex != nullptr || apr_fnmatch_test(section.path.c_str()) != 0) {
            layers.push_back(&section);
            return layers;
        }
        std::vector<const Section *> all;
        for (const auto *server : servers_)
            for (const auto &other : server->inner)
                if (other->kind == section.kind && applies(*other, section.path))
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

std::vector<Line> Policy::requirements() const
{
    std::vector<Line> all;
    for (const auto *layer : layers) {
        std::vector<Line> own;
        bool merges = false;
        for_each_line(*layer, [&](Line line) {
            const auto *parent = line->parent;
            const bool nested = parent != nullptr && is_requirement(*parent);
            if (is_requirement(*line) && !nested)
                own.push_back(line);
            if (is_named(*line, "AuthMerging"))
                merges = !is_word(line->args, "Off");
        });
        if (own.empty())
            continue;
        if (!merges)
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

bool asks_for_certificate(Line requirement)
{
    if (!is_named(*requirement, "Require"))
        return false;
    const std::string_view text{requirement->args};
    return text.find("clientcert") != text.npos || text.find("SSL_CLIENT_") != text.npos ||
           text.find("CLIENTCERT_") != text.npos || text.find("ssl-verify-client") != text.npos;
}

bool any_asks_for_certificate(const std::vector<Line> &requirements)
{
    return std::ranges::any_of(requirements, [](Line line) {
        bool asks = asks_for_certificate(line);
        for_each_line(line->first_child, [&](Line inner) { asks |= asks_for_certificate(inner); });
        return asks;
    });
}

}  // namespace clientcert::httpd::dump

// SPDX-License-Identifier: Apache-2.0
// What holds where: the sections that have a say there, and what comes of them.
#pragma once

#include "httpd/config/server_config.hh"
#include "httpd/dump/files.hh"
#include "httpd/dump/tree.hh"

namespace clientcert::httpd::dump {

/// What holds for the requests that a section is about.
struct Policy {
    const Section *section;
    std::vector<const Section *> layers;  ///< all that have a say; the last has the last word
    const DirectoryConfig *directory;     ///< what they say together

    /// The line of another module that counts, or null.
    Line line(std::string_view directive) const;

    /// All of them, the outermost first.
    std::vector<Line> lines(std::string_view directive) const;

    /// The Require lines that count, and the containers of such.
    std::vector<Line> requirements() const;
};

/// Whether it is a Require line, a container of such, or a <Limit> with some in it.
bool is_requirement(const ap_directive_t &line);

/// A virtual host, or the main server.
struct Host {
    const server_rec *server;
    Policy everywhere;
    std::vector<Policy> inner;  ///< in the order of the configuration, the main server's first
    bool counts;                ///< it serves requests of its own, as far as can be told

    const ServerSettings &settings() const { return server_config(*server).settings; }
};

struct Configuration {
    apr_pool_t *pool;
    server_rec *main;
    const Registry *registry;
    std::unique_ptr<Section> top;
    std::vector<Host> hosts;
    std::map<std::string, Line> aliases{};  ///< <AuthzProviderAlias> sections, by their names
    Files files{};

    static Configuration read(apr_pool_t *pool, server_rec &main);

    /// Where a line stands.
    const Section *section_of(Line line) const;
};

/// What an expression that looks at nothing says to everybody; nothing of any other.
std::optional<bool> fixed_outcome(const Configuration &configuration, const Expression &expression);

/// Calls `visit(host, policy)` for each place in each host.
template <typename Visit>
void for_each_policy(const Configuration &configuration, Visit &&visit)
{
    for (const auto &host : configuration.hosts) {
        if (!host.counts)
            continue;
        visit(host, host.everywhere);
        for (const auto &policy : host.inner)
            visit(host, policy);
    }
}

/// The first word of the line that counts, or "" where there is none.
std::string word_of(const Policy &policy, std::string_view directive);

}  // namespace clientcert::httpd::dump

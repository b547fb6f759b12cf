// SPDX-License-Identifier: Apache-2.0
#include "httpd/config/places.hh"

#include "httpd/config/config.hh"
#include "httpd/config/registry.hh"
#include "httpd/config/words.hh"

#include <algorithm>
#include <map>
#include <string>

namespace clientcert::httpd {

bool only_groups(const ap_directive_t &container)
{
    constexpr auto groups = std::to_array<const char *>(
        {"<Limit", "<LimitExcept", "<RequireAll", "<RequireAny", "<RequireNone"});
    return std::ranges::any_of(
        groups, [&](const char *name) { return is_word(container.directive, name); });
}

const ap_directive_t *section_of(const ap_directive_t &line)
{
    const auto *section = line.parent;
    while (section != nullptr && only_groups(*section))
        section = section->parent;
    return section;
}

void note_item(const cmd_parms &cmd, const void *item)
{
    if (auto *registry = Registry::find(cmd.pool))
        registry->places.note(item, *cmd.directive);
}

void note_section(const cmd_parms &cmd, const void *config)
{
    if (auto *registry = Registry::find(cmd.pool))
        registry->places.note_section(section_of(*cmd.directive), config);
}

namespace {

using Names = std::map<std::string, const char *>;

const char *kept_name(const char *name, apr_pool_t *pool, Names &names)
{
    const auto [kept, is_new] = names.try_emplace(name, nullptr);
    if (is_new)
        kept->second = apr_pstrdup(pool, name);
    return kept->second;
}

void keep_file_names(ap_directive_t *line, apr_pool_t *pool, Names &names)
{
    for (; line != nullptr; line = line->next) {
        if (line->filename != nullptr)
            line->filename = kept_name(line->filename, pool, names);
        keep_file_names(line->first_child, pool, names);
    }
}

}  // namespace

void keep_file_names(const cmd_parms &cmd)
{
    auto *registry = Registry::find(cmd.pool);
    if (registry == nullptr || registry->places.names_are_kept_)
        return;
    registry->places.names_are_kept_ = true;
    Names names;
    keep_file_names(ap_conftree, cmd.pool, names);
}

}  // namespace clientcert::httpd

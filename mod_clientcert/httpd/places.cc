// SPDX-License-Identifier: Apache-2.0
#include "httpd/places.hh"

#include "httpd/config.hh"
#include "httpd/registry.hh"

#include <algorithm>

namespace clientcert::httpd {

bool only_groups(const ap_directive_t &container)
{
    constexpr auto groups = std::to_array<const char *>(
        {"<Limit", "<LimitExcept", "<RequireAll", "<RequireAny", "<RequireNone"});
    return std::ranges::any_of(
        groups, [&](const char *name) { return ap_cstr_casecmp(container.directive, name) == 0; });
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

}  // namespace clientcert::httpd

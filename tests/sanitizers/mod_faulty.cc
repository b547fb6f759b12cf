// SPDX-License-Identifier: Apache-2.0
// A module with one fault of each kind, to show that the sanitizer build would find them in ours.
#define AP_HAVE_DESIGNATED_INITIALIZER
#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>

#include <apr_pools.h>
#include <apr_strings.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace {

int use_after_pool(request_rec &r)
{
    apr_pool_t *pool = nullptr;
    apr_pool_create(&pool, r.pool);
    const auto *text = apr_pstrdup(pool, "gone");
    apr_pool_destroy(pool);
    return text[0];
}

int read_beyond_the_end(const char *arguments)
{
    const std::vector<char> text(std::strlen(arguments));
    return text.data()[text.size()];
}

int leak(std::size_t size)
{
    auto *volatile memory = new char[size];  // volatile: or the compiler leaves it out
    std::memset(memory, 1, size);
    return memory[0];
}

int shift_too_far(std::size_t distance)
{
    return 1 << (distance + 32);
}

int handle(request_rec *r)
{
    if (std::strcmp(r->handler, "faulty") != 0)
        return DECLINED;
    const std::string_view fault = r->args == nullptr ? "" : r->args;
    int result = 0;
    if (fault == "after-pool")
        result = use_after_pool(*r);
    else if (fault == "beyond")
        result = read_beyond_the_end(r->args);
    else if (fault == "leak")
        result = leak(fault.size());
    else if (fault == "shift")
        result = shift_too_far(fault.size());
    ap_rprintf(r, "%d\n", result);
    return OK;
}

void register_hooks(apr_pool_t *) noexcept
{
    ap_hook_handler(handle, nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace

extern "C" {
[[gnu::visibility("default")]] module_struct faulty_module = {
    .version = MODULE_MAGIC_NUMBER_MAJOR,
    .minor_version = MODULE_MAGIC_NUMBER_MINOR,
    .module_index = -1,
    .name = "mod_faulty.c",
    .dynamic_load_handle = nullptr,
    .next = nullptr,
    .magic = MODULE_MAGIC_COOKIE,
    .rewrite_args = nullptr,
    .create_dir_config = nullptr,
    .merge_dir_config = nullptr,
    .create_server_config = nullptr,
    .merge_server_config = nullptr,
    .cmds = nullptr,
    .register_hooks = register_hooks,
    .flags = AP_MODULE_FLAG_NONE,
};
}

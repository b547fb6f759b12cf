// SPDX-License-Identifier: Apache-2.0
// Gives APR's pools their memory from malloc. APR was built to map it, which hides it from the
// sanitizers: they would neither see a use after a pool's end, nor that what a pool refers to is in
// use. Preloaded into httpd behind the sanitizers' runtimes, whose own mmap() calls this one.
#include <cerrno>
#include <cstdlib>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr std::size_t page = 4096;

}  // namespace

extern "C" {

int __sanitizer_get_ownership(const volatile void *);  // g++ brings no header for it

[[gnu::visibility("default")]] void *mmap(void *address, std::size_t length, int protection,
                                          int flags, int file, off_t offset) noexcept
{
    if (address != nullptr || protection != (PROT_READ | PROT_WRITE) ||
        flags != (MAP_PRIVATE | MAP_ANONYMOUS))
        // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel answers
        return reinterpret_cast<void *>(
            syscall(SYS_mmap, address, length, protection, flags, file, offset));
    void *memory = nullptr;
    if (posix_memalign(&memory, page, length) == 0)
        return memory;
    errno = ENOMEM;
    return MAP_FAILED;
}

[[gnu::visibility("default")]] int munmap(void *address, std::size_t length) noexcept
{
    if (__sanitizer_get_ownership(address) == 0)
        return static_cast<int>(syscall(SYS_munmap, address, length));
    std::free(address);
    return 0;
}
}

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/watcher.hh"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace clientcert {
namespace {

// Not each write: a file that is being written is not worth a look.
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

Watcher::Watcher() : inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)} {}

void Watcher::watch(const std::string &key, const std::string &directory, const std::string &file)
{
    const int descriptor = ::inotify_add_watch(inotify_.get(), directory.c_str(), events);
    const auto known = watches_.find(key);
    const int before = known == watches_.end() ? -1 : known->second.descriptor;
    if (descriptor >= 0)
        watches_[key] = {descriptor, file};
    else if (known != watches_.end())
        watches_.erase(known);
    if (before != descriptor)
        drop(before);
}

/// Two sources may look at one directory.
void Watcher::drop(int descriptor)
{
    const bool used = std::ranges::any_of(
        watches_, [&](const auto &watch) { return watch.second.descriptor == descriptor; });
    if (descriptor >= 0 && !used)
        ::inotify_rm_watch(inotify_.get(), descriptor);
}

std::set<std::string> Watcher::changed()
{
    std::set<std::string> keys;
    std::array<char, 65536> buffer;
    for (;;) {
        const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (size <= 0)
            return keys;
        take({buffer.data(), static_cast<std::size_t>(size)}, keys);
    }
}

void Watcher::take(std::string_view buffer, std::set<std::string> &keys) const
{
    while (buffer.size() >= sizeof(inotify_event)) {
        inotify_event event{};
        std::memcpy(&event, buffer.data(), sizeof event);
        // The name is padded with NULs.
        const std::string name{buffer.substr(sizeof event, event.len).data(),
                               ::strnlen(buffer.data() + sizeof event, event.len)};
        for (const auto &[key, watch] : watches_)
            if ((event.mask & IN_Q_OVERFLOW) != 0 ||
                (watch.descriptor == event.wd &&
                 (watch.file.empty() || name.empty() || watch.file == name)))
                keys.insert(key);
        buffer.remove_prefix(std::min(buffer.size(), sizeof event + event.len));
    }
}

}  // namespace clientcert

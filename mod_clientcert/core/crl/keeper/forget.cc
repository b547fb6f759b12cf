// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/forget.hh"
#include "core/file.hh"

#include <clientcert/crl_keeper.hh>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace clientcert {
namespace {

std::string path_in_forget(const std::string &name)
{
    return std::string{state_file::forget} + '/' + name;
}

}  // namespace

Result<bool> forget_number(const std::string &state_directory, std::string_view issuer)
{
    const auto name = DistinguishedName::parse(issuer);
    if (!name)
        return Error{name.error()};
    const Descriptor directory{
        ::open(state_directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    const auto path = path_in_forget(lower_hex(name_id(name->get())));
    const Descriptor request{directory ? ::openat(directory.get(), path.c_str(),
                                                  O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)
                                       : -1};
    if (!request)
        return Error{"cannot write into the state directory " + quoted(state_directory) + ": " +
                     system_error(errno)};
    return true;
}

std::vector<NameId> take_forgotten(int state_directory)
{
    std::vector<NameId> issuers;
    const auto names = names_in(state_directory, state_file::forget);
    if (!names)
        return issuers;
    for (const auto &name : *names) {
        const auto octets = from_hex(name);
        if (octets && octets->size() == NameId{}.size())
            std::ranges::copy(octets_of(*octets), issuers.emplace_back().begin());
        ::unlinkat(state_directory, path_in_forget(name).c_str(), 0);
    }
    return issuers;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/memory.hh"
#include "core/crl/keeper/archive.hh"

namespace clientcert {
namespace {

constexpr std::string_view version = "clientcert-keeper 2\n";

}  // namespace

std::string KeeperMemory::encoded() const
{
    Packer packer;
    packer(*this);
    return std::string{version} + std::move(packer).octets();
}

std::optional<KeeperMemory> KeeperMemory::decoded(std::string_view octets)
{
    if (!octets.starts_with(version))
        return std::nullopt;
    Unpacker unpacker{octets.substr(version.size())};
    KeeperMemory memory;
    unpacker(memory);
    if (!unpacker.whole())
        return std::nullopt;
    return memory;
}

}  // namespace clientcert

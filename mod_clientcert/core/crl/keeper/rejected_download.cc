// SPDX-License-Identifier: Apache-2.0
#include "core/crl/keeper/rejected_download.hh"
#include "core/crl/keeper/file_octets.hh"
#include "core/crl/keeper/source.hh"
#include "core/openssl.hh"

#include <stdexcept>

namespace clientcert {
namespace {

constexpr std::chrono::hours longest_rejection{24};
constexpr std::size_t piece = 65536;

void needs(int success)
{
    if (success != 1)
        throw std::runtime_error{"OpenSSL cannot compute a digest"};
}

/// From its beginning.
std::optional<Sha256> digest_of(const Descriptor &file, const FileIdentity &identity,
                                KeeperHost &host)
{
    const openssl::ErrorScope errors;
    const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
    if (!context)
        throw std::bad_alloc{};
    needs(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    ::lseek(file.get(), 0, SEEK_SET);
    FileOctets octets{file, identity, host};
    std::vector<std::uint8_t> place(piece);
    for (;;) {
        const auto size = octets.read(place);
        if (!size)
            return std::nullopt;
        if (*size == 0)
            break;
        needs(EVP_DigestUpdate(context.get(), place.data(), *size));
    }
    Sha256 digest{};
    needs(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
    return digest;
}

}  // namespace

std::optional<RejectedDownload>
RejectedDownload::of(const Descriptor &file, const Downloaded &result, KeeperHost &host, Time now)
{
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return std::nullopt;
    const auto digest = digest_of(file, FileIdentity{status}, host);
    if (!digest)
        return std::nullopt;
    RejectedDownload rejected;
    rejected.etag_ = result.etag;
    rejected.last_modified_ = result.last_modified;
    rejected.since_ = now;
    rejected.size_ = static_cast<std::uint64_t>(status.st_size);
    rejected.digest_ = *digest;
    return rejected;
}

bool RejectedDownload::is_same_as(const RejectedDownload &later)
{
    if (size_ != later.size_ || digest_ != later.digest_)
        return false;
    etag_ = later.etag_;
    last_modified_ = later.last_modified_;
    return true;
}

bool RejectedDownload::is_outdated(Time now) const
{
    return now < since_ || now >= later(since_, longest_rejection);
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// What a keeper of CRLs needs to know to go on after a restart without reading all CRLs again.
#pragma once

#include "core/file.hh"

#include <clientcert/crl_index.hh>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace clientcert {

/// The first half of a SHA-256.
using ShortDigest = std::array<std::uint8_t, 16>;

/// Names a CRL: by its signature and what that was made over.
using CrlId = ShortDigest;

/// A file that CRLs come from, or the stored download of a URL.
struct CrlFile {
    std::string where;        ///< its path, or the URL
    FileIdentity identity;    ///< when it was read last
    std::vector<CrlId> crls;  ///< that it gave, and that stand: of those that it has now, or had
    std::vector<NameId> unknown;  ///< issuers that nobody knows yet
    bool signer_refused = false;  ///< may be good when more certificates are known
    bool passed_over = false;     ///< a CRL of its was not newer than what stood
    Time again{};                 ///< when a CRL of its comes into force; the epoch: none waits
    bool read_again = false;      ///< even if it does not change
    std::string problem;          ///< what was logged of it
    std::string not_downloaded;   ///< why the last download of a URL failed
    Time read{};                  ///< when its CRLs were taken last

    static void fields(auto &archive, auto &self)
    {
        archive(self.where, self.identity, self.crls, self.unknown, self.signer_refused,
                self.passed_over, self.again, self.read_again, self.problem, self.not_downloaded,
                self.read);
    }
};

/// The highest number (and latest thisUpdate) of an issuer, signer key and scope that was ever in
/// force.
struct HighestNumber {
    ShortDigest group{};
    NameId issuer{};
    std::optional<std::string> number;
    Time this_update{};

    static void fields(auto &archive, auto &self)
    {
        archive(self.group, self.issuer, self.number, self.this_update);
    }
};

struct KeeperMemory {
    struct Source {
        std::string where;
        std::uint64_t max_size = 0;
        std::vector<CrlFile> files;
        std::string problem;  ///< of the source as a whole

        static void fields(auto &archive, auto &self)
        {
            archive(self.where, self.max_size, self.files, self.problem);
        }
    };

    /// A record of the index.
    struct Crl {
        CrlId id{};
        std::uint8_t warned = 0;  ///< how many of the warnings about its age were given

        static void fields(auto &archive, auto &self) { archive(self.id, self.warned); }
    };

    std::string trust;  ///< KeeperSettings::trust
    std::vector<Source> sources;
    std::vector<Crl> crls;  ///< in the order of the index
    std::vector<HighestNumber> numbers;

    std::string encoded() const;

    /// Nothing where it is damaged, or another version wrote it.
    static std::optional<KeeperMemory> decoded(std::string_view octets);

    static void fields(auto &archive, auto &self)
    {
        archive(self.trust, self.sources, self.crls, self.numbers);
    }
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// The CRLs that passed all checks: those of the current index, and those that are to go into the
// next one.
#pragma once

#include "core/crl/keeper/intake.hh"
#include "core/crl/keeper/numbers.hh"
#include "core/crl/keeper/source.hh"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace clientcert {

class CrlPool {
public:
    struct Held {
        ShortDigest slot;
        ShortDigest group;
        CrlInfo order;  ///< what may_replace looks at, and the dates; nothing else
        std::uint8_t warned = 0;
        std::optional<NewRecord> fresh;  ///< where it does not stand in the current index
        std::size_t record = 0;          ///< where it does
    };

    /// What was found wrong with a file's CRLs.
    struct Findings {
        std::vector<std::string> messages;
        KeeperHost::Level level = KeeperHost::Level::info;  ///< the gravest
    };

    /// Starts with an index, whose records have these ids.
    void start(std::shared_ptr<const CrlIndex> index, const std::vector<KeeperMemory::Crl> &crls);

    /// What a file gives now. A CRL that is refused changes nothing: what the file gave in its
    /// place before stands.
    Findings take(TrackedFile &file, Intake intake);

    /// Leaves out what newer CRLs have taken the place of; the files that gave those are told.
    /// The ids of what is to be in force, in the order that an index has them in.
    std::vector<CrlId> chosen(const std::vector<TrackedFile *> &files) const;

    /// Whether the current index has just these.
    bool is_published(const std::vector<CrlId> &ids) const;

    /// Records for a new index. Those that were fresh are gone from the pool.
    std::vector<NewRecord> records(const std::vector<CrlId> &ids,
                                   const std::function<std::string(const CrlId &)> &source_of);

    /// The new index was written, with these.
    void published(std::shared_ptr<const CrlIndex> index, const std::vector<CrlId> &ids);

    /// It was not: what was fresh is lost.
    void not_published();

    std::vector<KeeperMemory::Crl> crls() const;
    const std::shared_ptr<const CrlIndex> &index() const { return index_; }
    std::map<CrlId, Held> &held() { return held_; }
    HighestNumbers &numbers() { return numbers_; }
    const HighestNumbers &numbers() const { return numbers_; }

private:
    void hold(TakenCrl crl, const ShortDigest &group);
    bool has(const TakenCrl &crl) const;

    std::shared_ptr<const CrlIndex> index_;
    std::vector<CrlId> in_index_;
    std::map<CrlId, Held> held_;
    HighestNumbers numbers_;
};

}  // namespace clientcert

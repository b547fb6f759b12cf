// SPDX-License-Identifier: Apache-2.0
// Keeps the CRLs of all sources in force: looks for changes, checks, compiles and publishes.
#pragma once

#include <clientcert/crl_fetch.hh>
#include <clientcert/crl_index.hh>
#include <clientcert/crl_issuers.hh>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

/// A ClientCertCRL line.
struct CrlSource {
    std::string where;                 ///< path of a file or directory, URL, or "cdp"
    std::chrono::seconds refresh{1};   ///< how often it is looked at
    std::chrono::seconds timeout{30};  ///< of a download
    std::uint64_t max_size = std::uint64_t{1} << 30;

    enum class Kind { path, url, cdp };
    Kind kind() const;

    bool operator==(const CrlSource &) const = default;
};

/// A path, or a URL without its password.
std::string printable_source(const std::string &where);

/// What a keeper needs from its surroundings.
class KeeperHost {
public:
    enum class Level { info, notice, warning, error };

    virtual ~KeeperHost() = default;
    virtual void log(Level level, const std::string &message) = 0;

    /// Whether to stop: asked often, between the pieces of all long work.
    virtual bool stopping() = 0;

    /// A new index stands in the state directory under the name `index`.
    virtual void published(const IndexId &id) = 0;

    /// A source was looked at (a URL: asked); most of the time there is nothing new.
    virtual void looked_at(const CrlSource &) {}

    /// Something that it gives was taken; something was not.
    virtual void taken(const CrlSource &) {}
    virtual void failed(const CrlSource &, const std::string & /*why*/) {}

    /// Each source was looked at, and a decision about each of its CRLs made, at least once.
    virtual void decided() = 0;
};

struct KeeperSettings {
    std::string state_directory;
    std::vector<CrlSource> sources;
    AllowedHosts hosts;
    CrlIssuers issuers;  ///< as configured; what clients bring along is added by the keeper

    /// Names what `issuers` holds: under another name than before, all CRLs are checked anew.
    std::string trust;
};

/// The names in the state directory.
namespace state_file {
inline constexpr const char *index = "index";
inline constexpr const char *memory = "memory";  ///< what the keeper remembers
inline constexpr const char *lock = "lock";
inline constexpr const char *turn = "turn";  ///< used by the processes of a server
inline constexpr const char *seen = "seen";  ///< directory: what processes met in handshakes
inline constexpr const char *downloads = "downloads";  ///< directory
inline constexpr const char *forget =
    "forget";  ///< directory: issuers whose numbers are to be forgotten
}  // namespace state_file

/// Of one thread. Two of them on one state directory: the second waits, and says so.
class CrlKeeper {
public:
    CrlKeeper(KeeperSettings settings, KeeperHost &host);
    ~CrlKeeper();
    CrlKeeper(const CrlKeeper &) = delete;
    CrlKeeper &operator=(const CrlKeeper &) = delete;

    /// Does what is due: called some ten times a second. Never waits for the network.
    void step(Time now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The state directory: made if it is missing, 0700 and owned by `uid`; an error says what is wrong
/// with one that is there. The answer is a descriptor of it, the caller's.
Result<int> open_state_directory(const std::string &path, unsigned uid, unsigned gid);

/// Maps the index of a state directory; with `id` only that one.
Result<std::shared_ptr<const CrlIndex>> map_index(int state_directory, const IndexId *id);

/// Whether no file source has changed since that index was written, and sources and trust
/// (KeeperSettings::trust) are the same: then its CRLs need no other look before they are used.
bool is_current(const CrlIndex &index, const std::vector<CrlSource> &sources,
                std::string_view trust = {});

/// What the keeper knows of a source, beside the CRLs that are in force.
struct CrlSourceReport {
    struct File {
        std::string where;    ///< a path, or a URL
        Time read{};          ///< when it was taken last
        std::string problem;  ///< what is wrong with it now, empty where nothing is
        std::size_t crls = 0;
    };

    std::string where;
    std::string problem;  ///< of the source as a whole
    std::vector<File> files;
};

/// As it was when anything of it changed last; nothing where no keeper has kept it yet.
std::vector<CrlSourceReport> report_of_sources(int state_directory);

/// What a process met in a handshake that verified: a CA certificate that may have signed CRLs, or
/// a distribution point. Written into the state directory for the keeper; cheap when it is known.
void note_issuer(int state_directory, const Certificate &ca);
void note_distribution_point(int state_directory, std::string_view url);

/// Lets the next CRL of that issuer (an RFC 4514 name) start its numbers anew.
Result<bool> forget_number(const std::string &state_directory, std::string_view issuer);

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Which user a certificate is: rules in order, of which the first that matches says who, or that
// it is nobody.
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/map_lookup.hh>
#include <clientcert/regex.hh>
#include <clientcert/selector.hh>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

class Client;

/// What a user name looks like unless ClientCertUserPattern says otherwise.
inline constexpr std::string_view usual_user_pattern = "[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}";

/// One rule. Copies share what it is made of.
class MapRule {
public:
    /// Of what stands behind `ClientCertMap NAME`, quotes and all:
    ///     [issuer="DN"] [issuer-spki=sha256:HEX] SELECTOR "REGEX" USER|deny
    ///     [pins]                                 dn "DN" USER|deny
    ///     [pins]                                 lookup=KIND:ARGUMENT key=SELECTOR [cache=TIME]
    static Result<MapRule> parse(std::string_view text, std::span<const MapLookupKind> lookups);

    /// The value itself is the user: what `ClientCertUser SELECTOR` says.
    static Result<MapRule> of_value(std::string_view selector);

    /// As it was written.
    const std::string &text() const { return text_; }

    /// Whether it looks at the chain of the certificate.
    bool has_pins() const;

    struct Content;  ///< known to the map alone
    const Content &content() const { return *content_; }

private:
    MapRule(std::string_view text, std::shared_ptr<const Content> content)
        : text_{text}, content_{std::move(content)}
    {
    }

    std::string text_;
    std::shared_ptr<const Content> content_;
};

/// What a map says of a client.
struct MapOutcome {
    enum class State {
        user,
        no_match,  ///< no rule matched, or what came out is no user name
        denied,    ///< by a rule that says so
        failed,    ///< it cannot be told: a lookup is down, a pattern takes too long
    };
    State state = State::no_match;
    std::string user{};    ///< of State::user
    std::string reason{};  ///< but for State::user, where a rule has something to say

    /// Which rule decided, from 0; nothing where none matched.
    std::optional<std::size_t> rule{};

    /// Until when it need not be asked again; where a lookup has failed, that is at once.
    Time stands_until = Time::max();
};

/// What one rule looked at, for explanations.
struct MapStep {
    std::size_t rule = 0;  ///< from 0
    bool matched = false;
    std::string selector{};                  ///< as it was written; empty where a pin did not hold
    std::vector<CertificateValue> values{};  ///< all that the certificate has of it
    std::string why{};                       ///< why it matched or not: a clause
};
using MapTrace = std::vector<MapStep>;

class UserMap {
public:
    void add(MapRule rule);

    const std::vector<MapRule> &rules() const { return rules_; }

    /// Whether a rule looks at the chain: the trust then has to keep it (Trust::Settings::chains).
    bool has_pins() const;

    /// Of a client that is not valid: no match. `pattern` is what a user name has to look like; one
    /// that does not, or that has a ':' or a control character or is not UTF-8, is no match either,
    /// and no further rule is asked. May take its time where there are lookups.
    MapOutcome evaluate(const Client &client, const Regex &pattern, Time now,
                        MapTrace *trace = nullptr, void *context = nullptr) const;

private:
    std::vector<MapRule> rules_;
    std::vector<Selector> selectors_;  ///< each one once
    std::vector<std::size_t> used_;    ///< by each rule: the place in `selectors_`
};

}  // namespace clientcert

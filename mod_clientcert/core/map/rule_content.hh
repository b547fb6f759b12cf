// SPDX-License-Identifier: Apache-2.0
// What a rule of a map is made of.
#pragma once

#include <clientcert/chain.hh>
#include <clientcert/name.hh>
#include <clientcert/single_selector.hh>
#include <clientcert/user_map.hh>

#include <chrono>
#include <variant>

namespace clientcert {

/// The user that a rule gives: text with $0 to $9 in it, or nobody.
class UserTemplate {
public:
    /// `groups`: how many the rule's regular expression has; nothing where it has none.
    static Result<UserTemplate> parse(std::string_view text, const Regex *regex);

    bool denies() const { return denies_; }

    std::string filled(const Regex::Groups &groups) const;

private:
    struct Piece {
        std::string text;
        std::optional<std::size_t> group{};  ///< behind the text
    };

    Result<Piece> take_piece(std::string_view &rest, const Regex *regex) const;

    bool denies_ = false;
    std::vector<Piece> pieces_;
};

struct MapRule::Content {
    /// Who must have signed, somewhere in the chain.
    struct Pins {
        std::optional<NameId> issuer;
        std::optional<KeyId> issuer_key;
    };

    struct Pattern {
        Regex regex;
        UserTemplate user;
    };
    struct Name {
        DistinguishedName name;
        UserTemplate user;
    };
    struct Lookup {
        std::shared_ptr<const MapLookup> lookup;
        std::chrono::seconds cache;
    };
    struct Value {};  ///< the value itself

    Pins pins;
    SingleSelector selector;
    std::variant<Pattern, Name, Lookup, Value> how;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Rules as they are written.
#include "core/map/rule_content.hh"
#include "core/map/words.hh"

#include <clientcert/octets.hh>
#include <clientcert/quantity.hh>

#include <algorithm>

namespace clientcert {
namespace {

using Content = MapRule::Content;
using Words = std::span<const std::string>;
using Which = SingleSelector::Which;

constexpr std::chrono::seconds usual_cache{60};

constexpr const char *forms =
    "a rule is SELECTOR \"REGEX\" USER, dn \"DN\" USER or lookup=KIND:ARGUMENT key=SELECTOR, with "
    "deny for USER where that is meant, and issuer=\"DN\" or issuer-spki=sha256:HEX before it";

/// What stands behind `name` at the front of the word; nothing where it begins otherwise.
std::optional<std::string_view> value_of(std::string_view word, std::string_view name)
{
    if (!word.starts_with(name))
        return std::nullopt;
    return word.substr(name.size());
}

Result<KeyId> key_pin(std::string_view text)
{
    const auto hex = value_of(text, "sha256:");
    const auto octets = hex ? from_hex(*hex) : std::nullopt;
    if (!octets || octets->size() != sizeof(Sha256))
        return Error{"issuer-spki= takes sha256: and the 64 hexadecimal digits of the SHA-256 of "
                     "the issuer's SubjectPublicKeyInfo, not " +
                     quoted(text)};
    KeyId key{};
    std::copy_n(octets_of(*octets).begin(), key.size(), key.begin());
    return key;
}

/// Takes pins off the front.
Result<Content::Pins> take_pins(Words &words)
{
    Content::Pins pins;
    for (; !words.empty(); words = words.subspan(1)) {
        const std::string &word = words.front();
        if (const auto text = value_of(word, "issuer=")) {
            const auto name = DistinguishedName::parse(*text);
            if (!name || pins.issuer)
                return Error{name ? "issuer= is given twice" : "issuer=: " + name.error()};
            pins.issuer = name_id(name->get());
        } else if (const auto hash = value_of(word, "issuer-spki=")) {
            const auto key = key_pin(*hash);
            if (!key || pins.issuer_key)
                return Error{key ? "issuer-spki= is given twice" : key.error()};
            pins.issuer_key = *key;
        } else {
            break;
        }
    }
    return pins;
}

Result<Content> pattern_rule(const Content::Pins &pins, Words words)
{
    if (words.size() != 3)
        return Error{std::string{forms} + "; behind " + quoted(words.front()) +
                     " two words are expected, not " + std::to_string(words.size() - 1)};
    auto regex = Regex::compile(words[1]);
    if (!regex)
        return Error{regex.error()};
    auto user = UserTemplate::parse(words[2], &*regex);
    if (!user)
        return Error{user.error()};
    // Who is to be kept out has not to be let in for having another value as well.
    auto selector = SingleSelector::parse(words[0], user->denies() ? Which::any : Which::unique);
    if (!selector)
        return Error{selector.error()};
    if (selector->selector().is_name())
        return Error{quoted(words[0]) + " is a name, and names are not compared as they are "
                                        "printed: dn \"DN\" USER compares one, subject:ATTRIBUTE "
                                        "is one value of it"};
    return Content{pins, *std::move(selector),
                   Content::Pattern{*std::move(regex), *std::move(user)}};
}

Result<Content> name_rule(const Content::Pins &pins, Words words)
{
    if (words.size() != 3)
        return Error{"behind dn a distinguished name and a user are expected, each in quotes where "
                     "it has blanks, not " +
                     std::to_string(words.size() - 1) + " words"};
    auto name = DistinguishedName::parse(words[1]);
    if (!name)
        return Error{name.error()};
    auto user = UserTemplate::parse(words[2], nullptr);
    if (!user)
        return Error{user.error()};
    return Content{pins, *SingleSelector::parse("dn"),
                   Content::Name{*std::move(name), *std::move(user)}};
}

Error unknown_option(std::string_view option, const MapLookupKind *kind)
{
    std::string known = "lookup=KIND:ARGUMENT, key=SELECTOR";
    if (kind != nullptr)
        for (const auto name : kind->options)
            (known += ", ") += std::string{name} + '=';
    return Error{"a lookup takes " + known + " and cache=TIME, not " + quoted(option)};
}

Result<std::shared_ptr<const MapLookup>> opened(std::string_view text, const LookupOptions &options,
                                                std::span<const MapLookupKind> kinds)
{
    const auto colon = std::min(text.find(':'), text.size());
    const auto kind = std::ranges::find(kinds, text.substr(0, colon), &MapLookupKind::name);
    if (kind != kinds.end() && colon + 1 < text.size()) {
        for (const auto &[name, value] : options)
            if (std::ranges::find(kind->options, name) == kind->options.end())
                return unknown_option(name + '=' + value, &*kind);
        return kind->open(std::string{text.substr(colon + 1)}, options);
    }
    std::string known;
    for (const auto &row : kinds)
        known += (known.empty()           ? ""
                  : &row == &kinds.back() ? " or "
                                          : ", ") +
                 std::string{row.name} + ':' + std::string{row.argument};
    return Error{"lookup= takes " + known + ", not " + quoted(text)};
}

struct LookupWords {
    std::optional<std::string_view> lookup{};
    std::optional<std::string_view> key{};
    std::optional<std::string_view> cache{};
    LookupOptions options{};  ///< all others
};

/// Puts a word that is `NAME=VALUE` among the others.
Result<bool> add_option(LookupOptions &options, const std::string &word)
{
    const auto equals = word.find('=');
    if (equals == word.npos || equals == 0)
        return unknown_option(word, nullptr);
    if (!options.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
        return Error{word.substr(0, equals + 1) + " is given twice"};
    return true;
}

Result<LookupWords> lookup_words(Words words)
{
    LookupWords found;
    for (const auto &word : words) {
        bool known = false;
        for (auto &[name, place] :
             {std::pair{"lookup=", &found.lookup}, std::pair{"key=", &found.key},
              std::pair{"cache=", &found.cache}}) {
            const auto value = value_of(word, name);
            if (!value)
                continue;
            if (*place)
                return Error{std::string{name} + " is given twice"};
            *place = value;
            known = true;
        }
        if (known)
            continue;
        if (const auto added = add_option(found.options, word); !added)
            return Error{added.error()};
    }
    if (!found.lookup || !found.key)
        return Error{"a lookup needs lookup=KIND:ARGUMENT and key=SELECTOR, of which one is "
                     "missing"};
    return found;
}

Result<Content> lookup_rule(const Content::Pins &pins, Words words,
                            std::span<const MapLookupKind> kinds)
{
    const auto found = lookup_words(words);
    if (!found)
        return Error{found.error()};
    auto selector = SingleSelector::parse(*found->key);
    if (!selector)
        return Error{"key=: " + selector.error()};
    const auto cache =
        found->cache ? duration_of(*found->cache) : Result<std::chrono::seconds>{usual_cache};
    if (!cache)
        return Error{"cache=: " + cache.error()};
    auto lookup = opened(*found->lookup, found->options, kinds);
    if (!lookup)
        return Error{lookup.error()};
    return Content{pins, *std::move(selector), Content::Lookup{*std::move(lookup), *cache}};
}

bool is_lookup(std::string_view word)
{
    return word.starts_with("lookup=");
}

bool is_of_lookup(std::string_view word)
{
    return is_lookup(word) || word.starts_with("key=") || word.starts_with("cache=");
}

Result<Content> content_of(Words words, std::span<const MapLookupKind> kinds)
{
    const auto pins = take_pins(words);
    if (!pins)
        return Error{pins.error()};
    if (words.empty())
        return Error{forms};
    if (std::ranges::any_of(words, is_lookup) || is_of_lookup(words.front()))
        return lookup_rule(*pins, words, kinds);
    return words.front() == "dn" ? name_rule(*pins, words) : pattern_rule(*pins, words);
}

}  // namespace

Result<MapRule> MapRule::parse(std::string_view text, std::span<const MapLookupKind> lookups)
{
    const auto words = words_of(text);
    if (!words)
        return Error{words.error()};
    auto content = content_of(*words, lookups);
    if (!content)
        return Error{content.error()};
    return MapRule{text, std::make_shared<const Content>(*std::move(content))};
}

Result<MapRule> MapRule::of_value(std::string_view selector)
{
    auto parsed = SingleSelector::parse(selector);
    if (!parsed)
        return Error{parsed.error()};
    return MapRule{selector, std::make_shared<const Content>(
                                 Content{{}, *std::move(parsed), Content::Value{}})};
}

bool MapRule::has_pins() const
{
    return content_->pins.issuer.has_value() || content_->pins.issuer_key.has_value();
}

}  // namespace clientcert

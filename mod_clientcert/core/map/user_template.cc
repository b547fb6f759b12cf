// SPDX-License-Identifier: Apache-2.0
#include "core/ascii.hh"
#include "core/map/rule_content.hh"
#include "core/utf8.hh"

#include <clientcert/octets.hh>

namespace clientcert {
namespace {

constexpr std::string_view deny = "deny";

/// "$2", of a regular expression that has to have such a group.
Result<std::size_t> group_of(char digit, const Regex *regex)
{
    const auto group = static_cast<std::size_t>(digit - '0');
    const std::string begin = std::string{"has a $"} + digit + ", and ";
    if (regex == nullptr)
        return Error{begin + "there is no regular expression that it could be of"};
    if (group > regex->groups())
        return Error{begin + quoted(regex->pattern()) + " has " +
                     (regex->groups() == 0   ? "no group"
                      : regex->groups() == 1 ? "one group alone"
                                             : std::to_string(regex->groups()) + " groups")};
    return group;
}

}  // namespace

/// Text up to and with the next "$n". A backslash goes before a "$" or backslash that is meant.
Result<UserTemplate::Piece> UserTemplate::take_piece(std::string_view &rest,
                                                     const Regex *regex) const
{
    Piece piece;
    while (!rest.empty()) {
        const char c = rest.front();
        const char next = rest.size() > 1 ? rest[1] : '\0';
        const bool escaped = c == '\\' && (next == '$' || next == '\\');
        rest.remove_prefix(escaped || (c == '$' && is_digit(next)) ? 2 : 1);
        if (c != '$') {
            piece.text += escaped ? next : c;
            continue;
        }
        if (!is_digit(next))
            return Error{"has a '$' without a digit behind it; \"\\$\" is that character itself"};
        const auto group = group_of(next, regex);
        if (!group)
            return Error{group.error()};
        piece.group = *group;
        break;
    }
    return piece;
}

Result<UserTemplate> UserTemplate::parse(std::string_view text, const Regex *regex)
{
    UserTemplate made;
    made.denies_ = text == deny;
    if (made.denies_)
        return made;
    if (text.empty())
        return Error{"the user is empty: a name is expected, or deny"};
    if (!is_clean_text(text) || text.find(':') != text.npos)
        return Error{"the user " + quoted(text) +
                     " has a ':' or a control character, or is not UTF-8"};
    for (auto rest = text; !rest.empty();) {
        auto piece = made.take_piece(rest, regex);
        if (!piece)
            return Error{"the user " + quoted(text) + ' ' + piece.error()};
        made.pieces_.push_back(*std::move(piece));
    }
    return made;
}

std::string UserTemplate::filled(const Regex::Groups &groups) const
{
    std::string user;
    for (const auto &piece : pieces_) {
        user += piece.text;
        if (piece.group)
            user += groups.at(*piece.group);
    }
    return user;
}

}  // namespace clientcert

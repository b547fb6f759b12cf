// SPDX-License-Identifier: Apache-2.0
// element *("," element), element = key=value *(";" key=value). A value with any of `,;="` is
// between quotes, where a backslash takes its meaning from the character behind it.
#include "core/formats/xfcc_elements.hh"

#include "core/ascii.hh"
#include "core/formats/escape.hh"

#include <algorithm>
#include <array>
#include <utility>

namespace clientcert::formats {
namespace {

constexpr std::string_view special = "\",;=";

struct Pair {
    std::string_view key;
    std::string value;
};

class Parser {
public:
    explicit Parser(std::string_view value) : rest_{value} {}

    Result<std::vector<XfccElement>> elements()
    {
        std::vector<XfccElement> elements;
        do {
            auto parsed = element();
            if (!parsed)
                return Error{parsed.error()};
            elements.push_back(*std::move(parsed));
        } while (take(','));
        return elements;
    }

private:
    bool take(char c)
    {
        if (!rest_.starts_with(c))
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    void skip_blanks() { rest_.remove_prefix(rest_.size() - left_trimmed().size()); }

    std::string_view left_trimmed() const
    {
        return rest_.substr(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }

    Error unexpected(const std::string &expected) const
    {
        return Error{(rest_.empty() ? "the value ends" : excerpt(rest_) + " stands") + " where " +
                     expected + " is expected"};
    }

    Result<XfccElement> element()
    {
        XfccElement element;
        std::array<bool, 4> seen{};
        do {
            auto parsed = pair();
            if (!parsed)
                return Error{parsed.error()};
            Pair pair = *std::move(parsed);
            if (is_repeated(pair.key, seen))
                return Error{"one element has two of the key " + excerpt(pair.key)};
            if (equal_but_for_case(pair.key, "Cert"))
                element.cert = std::move(pair.value);
            else if (equal_but_for_case(pair.key, "Chain"))
                element.chain = std::move(pair.value);
        } while (take(';') && !at_end_of_element());
        return element;
    }

    /// Some end an element with a semicolon.
    bool at_end_of_element()
    {
        skip_blanks();
        return rest_.empty() || rest_.front() == ',';
    }

    /// There are several names of a kind, and By has been seen twice; of the rest there is one.
    static bool is_repeated(std::string_view key, std::array<bool, 4> &seen)
    {
        constexpr std::array<std::string_view, 4> singular{"Hash", "Cert", "Chain", "Subject"};
        for (std::size_t i = 0; i < singular.size(); ++i)
            if (equal_but_for_case(key, singular[i]))
                return std::exchange(seen[i], true);
        return false;
    }

    Result<Pair> pair()
    {
        const auto end = std::min(rest_.find_first_of(special), rest_.size());
        const auto key = trimmed(rest_.substr(0, end));
        if (end == rest_.size() || rest_[end] != '=')
            return unexpected("KEY=VALUE");
        rest_.remove_prefix(end + 1);
        skip_blanks();
        auto text = rest_.starts_with('"') ? quoted_value() : plain_value();
        if (!text)
            return Error{text.error()};
        skip_blanks();
        if (!rest_.empty() && rest_.front() != ';' && rest_.front() != ',')
            return unexpected("a semicolon or a comma");
        return Pair{key, *std::move(text)};
    }

    Result<std::string> plain_value()
    {
        const auto end = std::min(rest_.find_first_of(special), rest_.size());
        const auto text = trimmed(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return std::string{text};
    }

    Result<std::string> quoted_value()
    {
        const std::string_view all = rest_;
        std::string text;
        for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
            if (take('"'))
                return text;
            if (rest_.size() > 1 && rest_.front() == '\\')
                rest_.remove_prefix(1);
            text += rest_.front();
        }
        return Error{excerpt(all) + " has no quote at its end"};
    }

    std::string_view rest_;
};

}  // namespace

Result<std::vector<XfccElement>> xfcc_elements(std::string_view value)
{
    if (value.find_first_not_of(',') == value.npos)
        return std::vector<XfccElement>{};
    return Parser{value}.elements();
}

}  // namespace clientcert::formats

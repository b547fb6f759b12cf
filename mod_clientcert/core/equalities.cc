// SPDX-License-Identifier: Apache-2.0
#include <clientcert/equalities.hh>

#include <optional>

namespace clientcert {
namespace {

/// Reads a rule from its beginning.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    bool at_end()
    {
        skip_blanks();
        return rest_.empty();
    }

    bool take(std::string_view word)
    {
        skip_blanks();
        if (!rest_.starts_with(word))
            return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    bool take_any(std::initializer_list<std::string_view> words)
    {
        for (const auto word : words)
            if (take(word))
                return true;
        return false;
    }

    std::optional<std::string> take_until(std::string_view end)
    {
        const auto at = rest_.find(end);
        if (at == rest_.npos)
            return std::nullopt;
        std::string text{rest_.substr(0, at)};
        rest_.remove_prefix(at + end.size());
        return text;
    }

private:
    void skip_blanks()
    {
        const auto begin = rest_.find_first_not_of(" \t");
        rest_.remove_prefix(begin == rest_.npos ? rest_.size() : begin);
    }

    std::string_view rest_;
};

std::optional<std::string> constant(Scanner &scanner)
{
    for (const char *quote : {"\"", "'"})
        if (scanner.take(quote)) {
            auto text = scanner.take_until(quote);
            // With a variable or an escape in it, it is not what it looks like.
            if (text && text->find_first_of("%\\$") != text->npos)
                return std::nullopt;
            return text;
        }
    return std::nullopt;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> equalities(std::string_view rule)
{
    std::vector<std::pair<std::string, std::string>> all;
    Scanner scanner{rule};
    do {
        if (!scanner.take("%{"))
            return {};
        const auto variable = scanner.take_until("}");
        if (!variable || !scanner.take_any({"==", "=", "eq ", "eq\t"}))
            return {};
        auto value = constant(scanner);
        if (!value)
            return {};
        all.emplace_back(*variable, *std::move(value));
    } while (scanner.take_any({"&&", "and "}));
    if (!scanner.at_end())
        return {};
    return all;
}

}  // namespace clientcert

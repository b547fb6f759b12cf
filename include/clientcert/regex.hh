// SPDX-License-Identifier: Apache-2.0
// Regular expressions: those of httpd (PCRE2), on UTF-8, always on the whole of a value.
#pragma once

#include <clientcert/result.hh>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace clientcert {

/// Copies share what was compiled. Many threads may match at once, each with a Scratch of its own.
class Regex {
public:
    static Result<Regex> compile(std::string_view pattern);

    /// Memory for matching, and the limits that no match may pass; good for any number of matches.
    class Scratch {
    public:
        Scratch();

    private:
        friend class Regex;
        struct Free {
            void operator()(pcre2_real_match_data_8 *data) const noexcept;
            void operator()(pcre2_real_match_context_8 *context) const noexcept;
        };
        std::unique_ptr<pcre2_real_match_data_8, Free> data_;
        std::unique_ptr<pcre2_real_match_context_8, Free> context_;
    };

    /// What $0 (all of it) to $9 stand for, in the value that was matched; a group that took no
    /// part is empty.
    using Groups = std::array<std::string_view, 10>;

    /// Nothing where the value does not match as a whole, an error where that cannot be told: the
    /// pattern takes too long for it, or the value is not UTF-8.
    Result<std::optional<Groups>> match(std::string_view value, Scratch &scratch) const;

    /// How many groups the pattern has.
    std::size_t groups() const { return groups_; }

    const std::string &pattern() const { return pattern_; }

private:
    Regex(std::string_view pattern, std::shared_ptr<const pcre2_real_code_8> code);

    std::string pattern_;
    std::shared_ptr<const pcre2_real_code_8> code_;
    std::size_t groups_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <clientcert/octets.hh>
#include <clientcert/regex.hh>

#include <algorithm>
#include <new>

namespace clientcert {
namespace {

// What no match may pass: about ten milliseconds, and kibioctets. A usual one takes some dozens.
constexpr std::uint32_t most_steps = 250'000;
constexpr std::uint32_t most_memory = 4096;

// httpd's defaults, on UTF-8, on the whole of a value. \C would cut characters in pieces.
constexpr std::uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
                                  PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;

PCRE2_SPTR pattern_of(std::string_view text)
{
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string message_of(int error)
{
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char *>(text.data());
}

bool is_limit(int error)
{
    return error == PCRE2_ERROR_MATCHLIMIT || error == PCRE2_ERROR_DEPTHLIMIT ||
           error == PCRE2_ERROR_HEAPLIMIT || error == PCRE2_ERROR_JIT_STACKLIMIT;
}

}  // namespace

void Regex::Scratch::Free::operator()(pcre2_real_match_data_8 *data) const noexcept
{
    pcre2_match_data_free(data);
}

void Regex::Scratch::Free::operator()(pcre2_real_match_context_8 *context) const noexcept
{
    pcre2_match_context_free(context);
}

Regex::Scratch::Scratch()
    : data_{pcre2_match_data_create(Groups{}.size(), nullptr)}, context_{pcre2_match_context_create(
                                                                    nullptr)}
{
    if (!data_ || !context_)
        throw std::bad_alloc{};
    pcre2_set_match_limit(context_.get(), most_steps);
    pcre2_set_depth_limit(context_.get(), most_steps);
    pcre2_set_heap_limit(context_.get(), most_memory);
}

Regex::Regex(std::string_view pattern, std::shared_ptr<const pcre2_real_code_8> code)
    : pattern_{pattern}, code_{std::move(code)}, groups_{0}
{
    std::uint32_t count = 0;
    pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    groups_ = count;
}

Result<Regex> Regex::compile(std::string_view pattern)
{
    int error = 0;
    std::size_t place = 0;
    std::shared_ptr<pcre2_code> code{
        pcre2_compile(pattern_of(pattern), pattern.size(), options, &error, &place, nullptr),
        pcre2_code_free};
    if (!code)
        return Error{quoted(pattern) + " is no regular expression: " + message_of(error) +
                     ", at character " + std::to_string(place + 1)};
    // Where that is not to be had, matching is slower and the same.
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
    return Regex{pattern, std::move(code)};
}

Result<std::optional<Regex::Groups>> Regex::match(std::string_view value, Scratch &scratch) const
{
    const int count = pcre2_match(code_.get(), pattern_of(value), value.size(), 0, 0,
                                  scratch.data_.get(), scratch.context_.get());
    if (count == PCRE2_ERROR_NOMATCH)
        return std::optional<Groups>{};
    if (count < 0)
        return Error{"the regular expression " + quoted(pattern_) +
                     (is_limit(count) ? " takes too long" : " fails: " + message_of(count))};
    Groups groups{};
    const auto *places = pcre2_get_ovector_pointer(scratch.data_.get());
    // 0: there were more groups than places for them.
    const auto set = count == 0 ? groups.size() : static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < std::min(set, groups.size()); ++i)
        if (const auto begin = places[2 * i]; begin != PCRE2_UNSET)
            groups[i] = value.substr(begin, places[2 * i + 1] - begin);
    groups[0] = value;  // whatever \K made of it
    return std::optional{groups};
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/pem.hh"

#include <algorithm>

namespace clientcert {
namespace {

constexpr std::string_view any_begin = "-----BEGIN ";
constexpr std::string_view any_end = "-----END ";
constexpr std::string_view crl_begin = "-----BEGIN X509 CRL-----";
constexpr std::string_view crl_end = "-----END X509 CRL-----";

// Of a line that ought to be one of these.
constexpr std::size_t longest_line = 80;

std::string_view text_of(Octets octets)
{
    return {reinterpret_cast<const char *>(octets.data()), octets.size()};
}

std::string_view first_line(Octets octets)
{
    const auto text = text_of(octets).substr(0, longest_line);
    return text.substr(0, text.find_first_of("\r\n"));
}

/// Whether the line is `expected` and nothing else, but for blanks at its end.
bool is_line(std::string_view line, std::string_view expected)
{
    return line.starts_with(expected) &&
           line.substr(expected.size()).find_first_not_of(" \t") == line.npos;
}

}  // namespace

Result<bool> PemInput::find()
{
    while (true) {
        const auto front = text_->front(longest_line);
        if (!front)
            return Error{front.error()};
        if (front->empty())
            return false;
        const auto line = first_line(*front);
        if (line.starts_with(any_end))
            return Error{"its line " + quoted(line) + " has no line " +
                         quoted(std::string{any_begin} + "...") + " before it"};
        if (line.starts_with(any_begin))
            return begin();
        if (const auto skipped = skip_line(); !skipped)
            return skipped;
    }
}

Result<bool> PemInput::begin()
{
    const auto front = text_->front(longest_line);
    if (!front)
        return Error{front.error()};
    const auto line = first_line(*front);
    if (!is_line(line, crl_begin))
        return Error{"it has a line " + quoted(line) +
                     " where only CRLs may be, which begin with " + quoted(crl_begin)};
    decoder_ = {};
    ended_ = false;
    at_line_start_ = false;
    text_->skip(line.size());
    return true;
}

Result<bool> PemInput::skip_line()
{
    while (true) {
        const auto front = text_->front(1);
        if (!front)
            return Error{front.error()};
        if (front->empty())
            return false;
        const auto line_end = text_of(*front).find('\n');
        text_->skip(line_end == std::string_view::npos ? front->size() : line_end + 1);
        if (line_end != std::string_view::npos)
            return true;
    }
}

Result<std::size_t> PemInput::read(std::span<std::uint8_t> place)
{
    while (!ended_) {
        const auto front = text_->front(1);
        if (!front)
            return Error{front.error()};
        if (front->empty())
            return Error{"it ends before a line " + quoted(crl_end)};
        const auto progress = decoder_.decode(*front, place);
        if (progress.read > 0)
            at_line_start_ = (*front)[progress.read - 1] == '\n';
        text_->skip(progress.read);
        if (progress.written > 0)
            return progress.written;
        if (progress.read < front->size())
            return end();
    }
    return std::size_t{0};
}

Result<std::size_t> PemInput::end()
{
    const auto front = text_->front(longest_line);
    if (!front)
        return Error{front.error()};
    const auto line = first_line(*front);
    if (!at_line_start_ || !line.starts_with(any_end))
        return Error{"its base64 is malformed at " + quoted(line.substr(0, 16))};
    if (!is_line(line, crl_end))
        return Error{"it has a line " + quoted(line) + " where a CRL should end with " +
                     quoted(crl_end)};
    if (!decoder_.is_whole())
        return Error{"its base64 ends within a group of four characters"};
    ended_ = true;
    text_->skip(line.size());
    return std::size_t{0};
}

}  // namespace clientcert

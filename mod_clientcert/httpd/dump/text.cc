// SPDX-License-Identifier: Apache-2.0
#include "httpd/dump/text.hh"

#include "core/utf8.hh"

#include <clientcert/octets.hh>

#include <algorithm>

namespace clientcert::httpd::dump {
namespace {

/// One long value must not push all places out of sight.
constexpr std::size_t widest_value = 60;

std::string indented(int depth, const std::string &text)
{
    return std::string(static_cast<std::size_t>(depth) * 2, ' ') + text;
}

void fill(std::string &line, std::size_t width)
{
    line.append(width > line.size() ? width - line.size() : 0, ' ');
}

}  // namespace

void Rows::add(int depth, const std::string &label, std::string_view value, std::string place)
{
    rows_.push_back({Row::Kind::item, indented(depth, label), printable(value), std::move(place)});
}

void Rows::add_detail(int depth, std::string_view value)
{
    rows_.push_back({Row::Kind::detail, indented(depth, {}), printable(value), {}});
}

void Rows::add_title(int depth, std::string_view title, std::string place)
{
    rows_.push_back({Row::Kind::title, indented(depth, printable(title)), {}, std::move(place)});
}

std::string Rows::text() const
{
    std::size_t labels = 0;
    std::size_t values = 0;
    for (const auto &row : rows_) {
        if (row.kind != Row::Kind::item)
            continue;
        labels = std::max(labels, row.label.size());
        values = std::max(values, std::min(row.value.size(), widest_value));
    }
    std::string text;
    for (const auto &row : rows_) {
        std::string line = row.label;
        if (row.kind == Row::Kind::title) {
            text += text.empty() ? "" : "\n";
        } else {
            fill(line, labels + 2);
            line += row.value;
        }
        if (!row.place.empty()) {
            fill(line, labels + 2 + values);
            line += "  " + row.place;
        }
        text += line + '\n';
    }
    return text;
}

std::string printable(std::string_view text)
{
    std::string line;
    for (const char c : shown_text(text)) {
        const auto octet = static_cast<std::uint8_t>(c);
        if (octet < 0x20)
            (line += "\\x") += upper_hex({&octet, 1});
        else
            line += c;
    }
    return line;
}

std::string without_passwords(std::string text)
{
    for (auto at = text.find("://"); at != text.npos; at = text.find("://", at + 1)) {
        const auto host = at + 3;
        const auto end = text.find_first_of("/ \"?", host);
        const auto user = text.substr(host, end == text.npos ? end : end - host).rfind('@');
        if (user != text.npos)
            text.erase(host, user + 1);
    }
    return text;
}

}  // namespace clientcert::httpd::dump

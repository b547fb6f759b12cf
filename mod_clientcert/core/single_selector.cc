// SPDX-License-Identifier: Apache-2.0
#include <clientcert/single_selector.hh>

#include <charconv>

namespace clientcert {
namespace {

/// Takes "[...]" off the end; nothing where there is none.
std::optional<std::string_view> take_suffix(std::string_view &text)
{
    const auto bracket = text.find('[');
    if (bracket == text.npos)
        return std::nullopt;
    const auto suffix = text.substr(bracket);
    text = text.substr(0, bracket);
    return suffix;
}

/// The number in "[12]".
std::optional<std::size_t> index_in(std::string_view suffix)
{
    if (suffix.size() < 3 || suffix.size() > 6 || suffix.back() != ']')
        return std::nullopt;
    std::size_t index = 0;
    const auto *const last = suffix.data() + suffix.size() - 1;
    const auto [end, error] = std::from_chars(suffix.data() + 1, last, index);
    if (error != std::errc{} || end != last)
        return std::nullopt;
    return index;
}

}  // namespace

Result<SingleSelector> SingleSelector::parse(std::string_view text, Which unsaid)
{
    auto name = text;
    const auto suffix = take_suffix(name);
    auto selector = Selector::parse(name);
    if (!selector)
        return Error{selector.error()};
    if (!selector->identifies())
        return Error{quoted(text) + " tells what somebody may do, and not who he is"};
    if (!suffix)
        return SingleSelector{text, *std::move(selector), unsaid, 0};
    if (*suffix == "[last]")
        return SingleSelector{text, *std::move(selector), Which::last, 0};
    if (*suffix == "[any]")
        return SingleSelector{text, *std::move(selector), Which::any, 0};
    if (const auto index = index_in(*suffix))
        return SingleSelector{text, *std::move(selector), Which::nth, *index};
    return Error{quoted(text) + " ends with " + quoted(*suffix) +
                 ", which chooses no value: [0], [1] and so on, [last] and [any] do"};
}

std::span<const CertificateValue>
SingleSelector::chosen(std::span<const CertificateValue> values) const
{
    switch (which_) {
    case Which::unique:
        return values.size() == 1 ? values : values.first(0);
    case Which::nth:
        return index_ < values.size() ? values.subspan(index_, 1) : values.first(0);
    case Which::last:
        return values.empty() ? values : values.last(1);
    case Which::any:
        return values;
    }
    return {};
}

}  // namespace clientcert

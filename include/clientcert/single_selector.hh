// SPDX-License-Identifier: Apache-2.0
// Selectors of which one value counts: "san:email", "subject:OU[0]", "subject:CN[last]",
// "san:dns[any]".
#pragma once

#include <clientcert/selector.hh>

#include <span>

namespace clientcert {

class SingleSelector {
public:
    /// Which of several values counts.
    enum class Which {
        unique,  ///< the only one; none where there are several
        nth,
        last,
        any,  ///< each, one after the other, in the order of the certificate
    };

    /// `unsaid` is what a selector without a suffix means.
    static Result<SingleSelector> parse(std::string_view text, Which unsaid = Which::unique);

    const Selector &selector() const { return selector_; }

    /// As it was written.
    const std::string &text() const { return text_; }

    /// Those of the selector's values that count: one, none, or with `any` all.
    std::span<const CertificateValue> chosen(std::span<const CertificateValue> values) const;

private:
    SingleSelector(std::string_view text, Selector selector, Which which, std::size_t index)
        : text_{text}, selector_{std::move(selector)}, which_{which}, index_{index}
    {
    }

    std::string text_;
    Selector selector_;
    Which which_;
    std::size_t index_;
};

}  // namespace clientcert

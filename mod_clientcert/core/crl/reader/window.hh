// SPDX-License-Identifier: Apache-2.0
// Takes elements out of the pieces of a CRL as if it were all in memory.
#pragma once

#include "core/crl/reader/der.hh"
#include "core/crl/reader/pieces.hh"

namespace clientcert {

class Window {
public:
    Window(Pieces &pieces, Piece &first, std::size_t begin);

    /// How many octets were taken.
    std::uint64_t position() const
    {
        return position_ - static_cast<std::uint64_t>(end_ - current_);
    }

    /// The tag in front, 0 where nothing is.
    std::uint8_t tag() { return has(1) ? *current_ : std::uint8_t{0}; }

    struct Element {
        Octets der;
        Octets contents;
    };

    /// Takes an element that ends at the position `end` or before. It stays where it is until the
    /// next call.
    std::optional<Element> element(std::uint8_t tag, std::uint64_t end)
    {
        // Most are small, and here.
        const auto ready = static_cast<std::size_t>(end_ - current_);
        if (ready < 2 || current_[0] != tag || current_[1] >= 0x80)
            return larger_element(tag, end);
        const std::size_t size = 2 + std::size_t{current_[1]};
        if (ready < size || end - position() < size)
            return larger_element(tag, end);
        const Octets der{current_, size};
        current_ += size;
        return Element{der, der.subspan(2)};
    }

    /// Takes the header of an element that ends at `end` or before. The position of its end.
    std::optional<std::uint64_t> open(std::uint8_t tag, std::uint64_t end);

    /// Why there is no end here; nothing where there is.
    std::optional<Error> error_of_end();

    /// Why there was nothing: words that follow the name of the element, or the error of the
    /// source alone.
    Error error(const std::string &name) const;

private:
    enum class Trouble { none, ends, unreadable, not_der, other_tag, too_long, too_large };

    bool has(std::size_t size)
    {
        return static_cast<std::size_t>(end_ - current_) >= size || refill(size);
    }

    bool refill(std::size_t size);
    std::optional<Element> larger_element(std::uint8_t tag, std::uint64_t end);
    std::optional<der::Header> header(std::uint8_t tag, std::uint64_t end);
    std::nullopt_t failed(Trouble trouble);

    Pieces *pieces_;
    Piece *piece_;
    const std::uint8_t *current_;
    const std::uint8_t *end_;
    std::uint64_t position_;  ///< of end_
    std::vector<std::uint8_t> left_;
    Trouble trouble_ = Trouble::none;
    std::string source_error_;
};

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/window.hh"

namespace clientcert {

Window::Window(Pieces &pieces, Piece &first, std::size_t begin)
    : pieces_{&pieces}, piece_{&first}, current_{first.octets().data() + begin},
      end_{first.octets().data() + first.octets().size()}, position_{first.octets().size()}
{
}

bool Window::refill(std::size_t size)
{
    while (static_cast<std::size_t>(end_ - current_) < size) {
        if (trouble_ != Trouble::none)
            return false;
        left_.assign(current_, end_);
        const auto next = pieces_->next(piece_);
        if (!next || *next == nullptr) {
            current_ = left_.data();
            end_ = current_ + left_.size();
            source_error_ = next ? std::string{} : next.error();
            trouble_ = next ? Trouble::ends : Trouble::unreadable;
            return false;
        }
        piece_ = *next;
        position_ += piece_->octets().size();
        const Octets octets = piece_->behind(left_);
        current_ = octets.data();
        end_ = current_ + octets.size();
    }
    return true;
}

std::nullopt_t Window::failed(Trouble trouble)
{
    if (trouble_ == Trouble::none)
        trouble_ = trouble;
    return std::nullopt;
}

std::optional<der::Header> Window::header(std::uint8_t tag, std::uint64_t end)
{
    // Nothing is read that does not belong to the element around.
    if (position() == end)
        return failed(Trouble::other_tag);
    if (!has(1))
        return std::nullopt;
    if (*current_ != tag)
        return failed(Trouble::other_tag);
    if (!has(2))
        return std::nullopt;
    const std::size_t size = der::header_size(current_[1]);
    if (size > der::max_header_size)
        return failed(Trouble::not_der);
    if (!has(size))
        return std::nullopt;
    const auto header = der::header_of({current_, size});
    if (!header)
        return failed(Trouble::not_der);
    const std::uint64_t room = end - position();
    if (header->size > room || header->length > room - header->size)
        return failed(Trouble::too_long);
    return header;
}

std::optional<Window::Element> Window::larger_element(std::uint8_t tag, std::uint64_t end)
{
    const auto found = header(tag, end);
    if (!found)
        return std::nullopt;
    if (found->length > max_element - found->size)
        return failed(Trouble::too_large);
    const std::size_t size = found->size + static_cast<std::size_t>(found->length);
    if (!has(size))
        return std::nullopt;
    const Octets der{current_, size};
    current_ += size;
    return Element{der, der.subspan(found->size)};
}

std::optional<std::uint64_t> Window::open(std::uint8_t tag, std::uint64_t end)
{
    const auto found = header(tag, end);
    if (!found)
        return std::nullopt;
    current_ += found->size;
    return position() + found->length;
}

std::optional<Error> Window::error_of_end()
{
    if (has(1))
        return Error{"octets follow the CRL"};
    if (trouble_ == Trouble::unreadable)
        return Error{source_error_};
    return std::nullopt;
}

Error Window::error(const std::string &name) const
{
    switch (trouble_) {
    case Trouble::unreadable:
        return {source_error_};
    case Trouble::ends:
        return {"it ends within " + name};
    case Trouble::not_der:
        return {name + " has a length that is none of DER"};
    case Trouble::too_long:
        return {name + " is longer than what it stands in"};
    case Trouble::too_large:
        return {name + " has more than " + std::to_string(max_element) + " octets"};
    case Trouble::none:
    case Trouble::other_tag:
        break;
    }
    return {"something else is in the place of " + name};
}

}  // namespace clientcert

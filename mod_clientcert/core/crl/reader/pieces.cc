// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/pieces.hh"

#include <algorithm>

namespace clientcert {
namespace {

// PEM is decoded by threes.
constexpr std::size_t least_room = 3;

}  // namespace

Octets Piece::behind(Octets before)
{
    std::uint8_t *const front = begin() - before.size();
    std::copy(before.begin(), before.end(), front);
    return {front, before.size() + size_};
}

Result<bool> Feed::fill(Piece &piece)
{
    while (piece.free().size() >= least_room) {
        const auto count = source_->read(piece.free());
        if (!count)
            return Error{count.error()};
        if (*count == 0)
            break;
        piece.add(*count);
    }
    add_signed(piece.octets());
    return !piece.octets().empty();
}

void Feed::sign(const SignatureAlgorithm &algorithm, std::uint64_t begin, std::uint64_t end,
                const Piece &first)
{
    content_.emplace(algorithm);
    begin_ = begin;
    end_ = end;
    position_ = 0;
    add_signed(first.octets());
}

void Feed::add_signed(Octets octets)
{
    const std::uint64_t from = std::clamp(begin_, position_, position_ + octets.size());
    const std::uint64_t to = std::clamp(end_, position_, position_ + octets.size());
    if (content_ && from < to)
        content_->add(octets.subspan(from - position_, to - from));
    position_ += octets.size();
}

Result<Piece *> Feed::next(Piece *last)
{
    last->clear();
    const auto filled = fill(*last);
    if (!filled)
        return Error{filled.error()};
    return *filled ? last : nullptr;
}

PieceQueue::PieceQueue()
{
    for (Piece &piece : pieces_)
        blank_.push_back(&piece);
}

Piece *PieceQueue::blank()
{
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopped_ || !blank_.empty(); });
    if (stopped_)
        return nullptr;
    Piece *const piece = blank_.back();
    blank_.pop_back();
    return piece;
}

void PieceQueue::put(Piece &piece)
{
    const std::scoped_lock lock{mutex_};
    ready_.push_back(&piece);
    changed_.notify_all();
}

void PieceQueue::close(std::optional<Error> error)
{
    const std::scoped_lock lock{mutex_};
    error_ = std::move(error);
    closed_ = true;
    changed_.notify_all();
}

Result<Piece *> PieceQueue::next(Piece *last)
{
    std::unique_lock lock{mutex_};
    last->clear();
    blank_.push_back(last);
    changed_.notify_all();
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (!ready_.empty()) {
        Piece *const piece = ready_.front();
        ready_.pop_front();
        return piece;
    }
    if (error_)
        return *error_;
    return nullptr;
}

void PieceQueue::stop()
{
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    changed_.notify_all();
}

}  // namespace clientcert

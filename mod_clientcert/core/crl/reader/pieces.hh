// SPDX-License-Identifier: Apache-2.0
// A CRL on its way through memory: no more than a few pieces of it are there at a time.
#pragma once

#include "core/crl/reader/signature_algorithm.hh"

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace clientcert {

/// The largest element of a CRL that is looked at as a whole: a name, an entry, all extensions.
inline constexpr std::size_t max_element = std::size_t{64} * 1024;

/// A piece of the CRL, and room in front of it for what is left over from the one before.
class Piece {
public:
    Piece() : memory_{std::make_unique_for_overwrite<std::uint8_t[]>(max_element + capacity)} {}

    Octets octets() const { return {begin(), size_}; }

    /// The octets with others before them.
    Octets behind(Octets before);

    std::span<std::uint8_t> free() { return {begin() + size_, capacity - size_}; }
    void add(std::size_t size) { size_ += size; }
    void clear() { size_ = 0; }

private:
    // Whole lines of PEM: 48 octets.
    static constexpr std::size_t capacity = std::size_t{48} * 4096;

    std::uint8_t *begin() const { return memory_.get() + max_element; }

    std::unique_ptr<std::uint8_t[]> memory_;
    std::size_t size_ = 0;
};

/// What a CRL is taken out of, piece by piece.
class Pieces {
public:
    virtual ~Pieces() = default;

    /// The next one, for the last that was given, which may be filled anew; null at the end.
    virtual Result<Piece *> next(Piece *last) = 0;
};

/// Reads pieces, and has a look at each for the signature.
class Feed : public Pieces {
public:
    explicit Feed(OctetSource &source) : source_{&source} {}

    /// Fills an empty piece; it stays empty at the end only.
    Result<bool> fill(Piece &piece);

    /// From the pieces that are read from now on, and `first`, the only one so far: the octets from
    /// `begin` to `end` of the CRL are signed.
    void sign(const SignatureAlgorithm &algorithm, std::uint64_t begin, std::uint64_t end,
              const Piece &first);

    void finish(CrlSignature &signature) && { std::move(*content_).finish(signature); }

    Result<Piece *> next(Piece *last) override;

private:
    void add_signed(Octets octets);

    OctetSource *source_;
    std::optional<SignedContent> content_;
    std::uint64_t position_ = 0;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
};

/// Hands pieces from the thread that reads to the thread that parses.
class PieceQueue : public Pieces {
public:
    PieceQueue();

    /// For the thread that reads: an empty piece, as soon as there is one; null where nobody wants
    /// any more.
    Piece *blank();
    void put(Piece &piece);

    /// Nothing comes after what was put: that was all, or an error.
    void close(std::optional<Error> error);

    /// For the thread that parses.
    Result<Piece *> next(Piece *last) override;

    /// Nobody is going to ask for more.
    void stop();

private:
    static constexpr std::size_t size = 4;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Piece, size> pieces_;
    std::vector<Piece *> blank_;
    std::deque<Piece *> ready_;
    std::optional<Error> error_;
    bool closed_ = false;
    bool stopped_ = false;
};

}  // namespace clientcert

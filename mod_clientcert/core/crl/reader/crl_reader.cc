// SPDX-License-Identifier: Apache-2.0
#include <clientcert/crl_reader.hh>

#include "core/crl/reader/crl_parser.hh"
#include "core/crl/reader/der.hh"
#include "core/crl/reader/pem.hh"

#include <thread>

namespace clientcert {
namespace {

// From this size on a second thread is worth its while.
constexpr std::uint64_t large = std::uint64_t{8} * 1024 * 1024;

/// Closes the queue whatever happens: nobody waits for ever.
class Closing {
public:
    explicit Closing(PieceQueue &queue) : queue_{&queue} {}
    ~Closing() { queue_->close(std::move(error_)); }
    Closing(const Closing &) = delete;
    Closing &operator=(const Closing &) = delete;

    void with(Error error) { error_ = std::move(error); }

private:
    PieceQueue *queue_;
    std::optional<Error> error_;
};

void fill(PieceQueue &queue, Feed &feed)
{
    Closing closing{queue};
    while (Piece *const piece = queue.blank()) {
        const auto filled = feed.fill(*piece);
        if (!filled)
            return closing.with({filled.error()});
        if (!*filled)
            return;
        queue.put(*piece);
    }
}

/// Reads, decodes and digests here, parses there.
Result<ReadCrl> parse_beside(Feed &feed, Piece &first, const Prologue &prologue)
{
    PieceQueue queue;
    std::optional<Result<ReadCrl>> crl;
    std::exception_ptr exception;
    {
        const std::jthread parser{[&] {
            try {
                crl.emplace(parse_crl(queue, first, prologue));
            } catch (...) {
                exception = std::current_exception();
            }
            queue.stop();
        }};
        fill(queue, feed);
    }
    if (exception)
        std::rethrow_exception(exception);
    return *std::move(crl);
}

Result<ReadCrl> read_crl(OctetSource &source, std::uint64_t max_size)
{
    Feed feed{source};
    Piece first;
    if (const auto filled = feed.fill(first); !filled)
        return Error{filled.error()};
    const auto prologue = Prologue::of(first.octets());
    if (!prologue)
        return Error{prologue.error()};
    if (prologue->end > max_size)
        return Error{"it has " + std::to_string(prologue->end) + " octets; the limit is " +
                     std::to_string(max_size)};
    const auto algorithm = SignatureAlgorithm::of(octets_of(prologue->algorithm));
    if (!algorithm)
        return Error{algorithm.error()};
    feed.sign(*algorithm, prologue->tbs_begin, prologue->tbs_end, first);
    auto parsed = prologue->end < large ? parse_crl(feed, first, *prologue)
                                        : parse_beside(feed, first, *prologue);
    if (!parsed)
        return parsed;
    ReadCrl crl = *std::move(parsed);
    std::move(feed).finish(crl.signature);
    return crl;
}

}  // namespace

struct CrlReader::State {
    State(OctetSource &source, std::uint64_t max_size) : input{source, max_size}, pem{input} {}

    Result<bool> find();
    Result<std::optional<ReadCrl>> next();

    Input input;
    PemInput pem;
    bool is_der = false;
    std::size_t count = 0;
    std::optional<Error> error;
};

/// The next CRL in the input.
Result<bool> CrlReader::State::find()
{
    if (count > 0 && is_der)
        return false;
    if (count == 0) {
        const auto front = input.front(3);
        if (!front)
            return Error{front.error()};
        // Text may begin with that character, too, but not two lengths of DER in a row.
        is_der = front->size() >= 3 && (*front)[0] == der::sequence &&
                 ((*front)[1] >= 0x80 || (*front)[2] == der::sequence);
        if (is_der)
            return true;
    }
    auto found = pem.find();
    if (found && !*found && count == 0)
        return Error{"there is no CRL in it, neither DER nor PEM"};
    return found;
}

Result<std::optional<ReadCrl>> CrlReader::State::next()
{
    const auto found = find();
    if (!found)
        return Error{found.error()};
    if (!*found)
        return std::optional<ReadCrl>{};
    ++count;
    auto crl = is_der ? read_crl(input, input.max_size()) : read_crl(pem, input.max_size());
    if (!crl)
        return Error{(count > 1 ? "CRL number " + std::to_string(count) + " in it: " : "") +
                     crl.error()};
    return std::optional<ReadCrl>{*std::move(crl)};
}

CrlReader::CrlReader(OctetSource &source, std::uint64_t max_size)
    : state_{std::make_unique<State>(source, max_size)}
{
}

CrlReader::~CrlReader() = default;

Result<std::optional<ReadCrl>> CrlReader::next()
{
    if (state_->error)
        return *state_->error;
    auto crl = state_->next();
    if (!crl)
        state_->error = Error{crl.error()};
    return crl;
}

}  // namespace clientcert

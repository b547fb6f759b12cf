// SPDX-License-Identifier: Apache-2.0
// What a session carries is a sequence of fixed fields in the order below, integers with their
// most significant octet first, and after them the certificates of the chain, each behind its
// length. TLS authenticates it (a ticket) or the server kept it (a cache); other versions of this
// module may have written it all the same.
#include <clientcert/evidence.hh>

#include <algorithm>
#include <limits>

namespace clientcert {
namespace {

constexpr char version = 2;

// What was verified and the certificates: a ticket has to fit into 64 KiB together with the leaf,
// or OpenSSL gives up the handshake.
constexpr std::size_t largest_chain = std::size_t{16} * 1024;

void put(std::string &data, std::uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        data += static_cast<char>(number >> shift & 0xff);
}

void put(std::string &data, Octets octets)
{
    data.append(reinterpret_cast<const char *>(octets.data()), octets.size());
}

/// Takes fields off the front; after a field that is not there, nothing more.
class Fields {
public:
    explicit Fields(std::string_view data) : rest_{data} {}

    std::optional<std::string_view> take(std::size_t size)
    {
        if (size > rest_.size())
            return std::nullopt;
        const auto field = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return field;
    }

    std::optional<std::uint64_t> number()
    {
        const auto field = take(8);
        if (!field)
            return std::nullopt;
        std::uint64_t number = 0;
        for (const char c : *field)
            number = number << 8 | static_cast<std::uint8_t>(c);
        return number;
    }

    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<Verification> take_verification(Fields &fields)
{
    const auto trust = fields.take(sizeof(TrustId));
    const auto error = fields.number();
    const auto valid_until = fields.number();
    if (!trust || !error || *error > std::numeric_limits<int>::max() || !valid_until)
        return std::nullopt;
    Verification verification{};
    std::ranges::copy(octets_of(*trust), verification.trust.begin());
    verification.x509_error = static_cast<int>(*error);
    verification.valid_until = Time{std::chrono::seconds{static_cast<std::int64_t>(*valid_until)}};
    const auto size = fields.number();
    const auto octets = size ? fields.take(*size) : std::nullopt;
    auto chain = octets ? VerifiedChain::decoded(*octets) : std::nullopt;
    if (!chain)
        return std::nullopt;
    verification.chain = std::move(*chain);
    return verification;
}

std::optional<std::vector<std::string>> take_chain(Fields &fields)
{
    std::vector<std::string> chain;
    while (!fields.at_end()) {
        const auto size = fields.number();
        const auto der = size ? fields.take(*size) : std::nullopt;
        if (!der || der->empty())
            return std::nullopt;
        chain.emplace_back(*der);
    }
    return chain;
}

}  // namespace

std::vector<std::string> Evidence::chain_der() const
{
    if (chain.empty())
        return carried_chain;
    std::vector<std::string> der;
    std::ranges::transform(chain, std::back_inserter(der), &Certificate::der);
    return der;
}

std::string session_data(const Evidence &evidence, bool with_chain)
{
    if (!evidence.leaf || !evidence.verification)
        return {};
    std::string data{version};
    data += evidence.leaf->mark();
    put(data, evidence.verification->trust);
    put(data, static_cast<std::uint64_t>(evidence.verification->x509_error));
    put(data,
        static_cast<std::uint64_t>(evidence.verification->valid_until.time_since_epoch().count()));
    const std::string verified = evidence.verification->chain.encoded();
    put(data, verified.size());
    std::string chain = verified;
    if (with_chain)
        for (const auto &der : evidence.chain_der()) {
            put(chain, der.size());
            chain += der;
        }
    return chain.size() <= largest_chain ? data + chain : std::string{};
}

Evidence resumed_evidence(const Certificate &leaf, std::string_view session_data)
{
    Evidence evidence;
    evidence.leaf = leaf;
    Fields fields{session_data};
    const auto written_by = fields.take(1);
    const auto mark = fields.take(Certificate::mark_size);
    if (!written_by || written_by->front() != version || !mark || *mark != leaf.mark())
        return evidence;
    auto verification = take_verification(fields);
    auto chain = take_chain(fields);
    if (!verification || !chain)
        return evidence;
    evidence.verification = *verification;
    evidence.carried_chain = std::move(*chain);
    return evidence;
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// Writes a signed CRL of any size to standard output, entry by entry: what no other tool makes in
// seconds. Every other entry has a reasonCode; with serial numbers of 16 octets an entry has 42 on
// average.
#include "core/openssl.hh"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace clientcert;
using namespace std::string_literals;

constexpr const char *usage =
    "usage: make-crl ENTRIES KEY.pem CA.pem [--serial-size OCTETS] [--include HEX]...\n"
    "                [--number N] [--next-update DAYS] [--pem] > FILE\n"
    "\n"
    "  ENTRIES        how many, those of --include not counted\n"
    "  --serial-size  of the serial numbers, 4 to 20 (16); the same in every run\n"
    "  --include      one more serial number, as clientcert-check and openssl print it\n"
    "  --number       cRLNumber (1)\n"
    "  --next-update  this many days from now (30)\n"
    "  --pem          PEM, not DER\n";

struct Order {
    std::uint64_t entries = 0;
    std::string key;
    std::string ca;
    std::size_t serial_size = 16;
    std::vector<std::string> included;
    std::uint64_t number = 1;
    std::uint64_t next_update = 30;
    bool is_pem = false;
};

std::uint64_t number_of(std::string_view text)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::runtime_error{"no number: " + quoted(text)};
    return number;
}

Order order_of(const std::vector<std::string> &words)
{
    Order order;
    std::vector<std::string> plain;
    for (auto word = words.begin(); word != words.end(); ++word) {
        const auto value = [&] {
            if (std::next(word) == words.end())
                throw std::runtime_error{*word + " needs a value"};
            return *++word;
        };
        if (*word == "--serial-size")
            order.serial_size = number_of(value());
        else if (*word == "--include")
            order.included.push_back(from_hex(value()).value());
        else if (*word == "--number")
            order.number = number_of(value());
        else if (*word == "--next-update")
            order.next_update = number_of(value());
        else if (*word == "--pem")
            order.is_pem = true;
        else
            plain.push_back(*word);
    }
    if (plain.size() != 3 || order.serial_size < 4 || order.serial_size > 20)
        throw std::runtime_error{usage};
    order.entries = number_of(plain[0]);
    order.key = plain[1];
    order.ca = plain[2];
    return order;
}

template <typename T>
T needed(T result)
{
    if (!result) {
        ERR_print_errors_fp(stderr);
        throw std::runtime_error{"OpenSSL failed"};
    }
    return result;
}

std::string header(char tag, std::uint64_t length)
{
    std::string octets;
    for (std::uint64_t rest = length; rest > 0; rest >>= 8)
        octets.insert(octets.begin(), static_cast<char>(rest));
    if (length < 0x80)
        return {tag, static_cast<char>(length)};
    return tag + (static_cast<char>(0x80 | octets.size()) + octets);
}

std::string element(char tag, const std::string &contents)
{
    return header(tag, contents.size()) + contents;
}

/// A positive INTEGER.
std::string integer(std::string magnitude)
{
    magnitude.erase(0, std::min(magnitude.find_first_not_of('\0'), magnitude.size()));
    if (magnitude.empty() || static_cast<std::uint8_t>(magnitude.front()) >= 0x80)
        magnitude.insert(magnitude.begin(), '\0');
    return element(0x02, magnitude);
}

std::string integer(std::uint64_t number)
{
    std::string magnitude;
    for (int shift = 56; shift >= 0; shift -= 8)
        magnitude += static_cast<char>(number >> shift);
    return integer(magnitude);
}

std::string time_element(std::time_t time)
{
    std::tm tm{};
    gmtime_r(&time, &tm);
    char text[32];
    const bool is_utc_time = tm.tm_year < 150;
    std::strftime(text, sizeof text, is_utc_time ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
    return element(is_utc_time ? 0x17 : 0x18, text);
}

std::string extension(const std::string &oid, const std::string &value)
{
    return element(0x30, element(0x06, oid) + element(0x04, value));
}

/// To standard output, in DER or PEM.
class Output {
public:
    explicit Output(bool is_pem) : is_pem_{is_pem}
    {
        if (is_pem_)
            put("-----BEGIN X509 CRL-----\n");
    }

    void write(std::string_view octets)
    {
        if (!is_pem_)
            return put(octets);
        pending_ += octets;
        std::size_t begin = 0;
        for (; pending_.size() - begin >= line_size; begin += line_size)
            put_line(octets_of(pending_).subspan(begin, line_size));
        pending_.erase(0, begin);
    }

    void finish()
    {
        if (!pending_.empty())
            put_line(octets_of(pending_));
        if (is_pem_)
            put("-----END X509 CRL-----\n");
        if (std::fflush(stdout) != 0)
            throw std::runtime_error{"cannot write: "s + std::strerror(errno)};
    }

private:
    static constexpr std::size_t line_size = 48;

    void put_line(Octets octets)
    {
        unsigned char line[line_size / 3 * 4 + 1];
        const auto length = static_cast<std::size_t>(
            EVP_EncodeBlock(line, octets.data(), static_cast<int>(octets.size())));
        line[length] = '\n';
        put({reinterpret_cast<const char *>(line), length + 1});
    }

    static void put(std::string_view octets)
    {
        if (std::fwrite(octets.data(), 1, octets.size(), stdout) != octets.size())
            throw std::runtime_error{"cannot write: "s + std::strerror(errno)};
    }

    bool is_pem_;
    std::string pending_;
};

/// The entries, one after the other.
class Entries {
public:
    explicit Entries(const Order &order) : order_{&order}
    {
        const std::string date = time_element(std::time(nullptr) - 86400);
        const std::string serial = integer(std::string(order.serial_size, '\x7f'));
        const std::string reason = extension("\x55\x1d\x15", "\x0a\x01\x04");
        plain_ = element(0x30, serial + date);
        with_reason_ = element(0x30, serial + date + element(0x30, reason));
        for (const auto &included : order.included)
            included_ += element(0x30, integer(included) + date);
    }

    std::uint64_t size() const
    {
        const std::uint64_t half = order_->entries / 2;
        return (order_->entries - half) * plain_.size() + half * with_reason_.size() +
               included_.size();
    }

    template <typename Write>
    void write(Write write) const
    {
        // Serial numbers do not have their first bit, which is a sign, but do have the second:
        // all have the same size.
        std::mt19937_64 random{20260101};
        std::string block;
        for (std::uint64_t i = 0; i < order_->entries; ++i) {
            const std::string &entry = i % 2 == 0 ? plain_ : with_reason_;
            char *const serial = (block += entry).data() + block.size() - entry.size() + serial_at;
            for (std::size_t at = 0; at < order_->serial_size; at += 8) {
                const std::uint64_t bits = random();
                std::memcpy(serial + at, &bits, std::min<std::size_t>(8, order_->serial_size - at));
            }
            *serial = static_cast<char>((*serial & 0x3f) | 0x40);
            if (block.size() >= block_size) {
                write(block);
                block.clear();
            }
        }
        write(block + included_);
    }

private:
    // Two headers with a short length.
    static constexpr std::size_t serial_at = 4;
    static constexpr std::size_t block_size = std::size_t{128} * 1024;

    const Order *order_;
    std::string plain_;
    std::string with_reason_;
    std::string included_;
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

openssl::BioPtr file(const std::string &name)
{
    return openssl::BioPtr{needed(BIO_new_file(name.c_str(), "r"))};
}

std::string algorithm_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return element(0x30, element(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") + "\x05\0"s);
    case EVP_PKEY_EC:
        return element(0x30, element(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"));
    default:
        throw std::runtime_error{"the key is neither RSA nor EC"};
    }
}

/// keyIdentifier, as the CA has it in its subjectKeyIdentifier; empty where it has none.
std::string key_identifier(X509 *ca)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
    if (id == nullptr)
        return {};
    const Octets octets = openssl::octets_of(id);
    return extension("\x55\x1d\x23",
                     element(0x30, element('\x80', {octets.begin(), octets.end()})));
}

/// What stands before the entries in a tbsCertList, its own header included, and what behind.
struct Frame {
    std::string before;
    std::string behind;
};

Frame frame_of(const Order &order, X509 *ca, const std::string &algorithm, std::uint64_t size)
{
    const unsigned char *name = nullptr;
    std::size_t name_size = 0;
    needed(X509_NAME_get0_der(X509_get_subject_name(ca), &name, &name_size));
    const std::time_t now = std::time(nullptr);
    const auto until = now + static_cast<std::time_t>(order.next_update) * 86400;
    std::string before = integer(1) + algorithm + std::string{name, name + name_size} +
                         time_element(now) + time_element(until);
    if (size > 0)
        before += header(0x30, size);
    const std::string behind =
        element('\xa0', element(0x30, key_identifier(ca) +
                                          extension("\x55\x1d\x14", integer(order.number))));
    return {header(0x30, before.size() + size + behind.size()) + before, behind};
}

/// The entries are made twice: the size of a signature, which is among the first octets of a CRL,
/// may depend on it.
void write_crl(const Order &order)
{
    const KeyPtr key{
        needed(PEM_read_bio_PrivateKey(file(order.key).get(), nullptr, nullptr, nullptr))};
    const openssl::X509Ptr ca{
        needed(PEM_read_bio_X509(file(order.ca).get(), nullptr, nullptr, nullptr))};
    const std::string algorithm = algorithm_of(key.get());
    const Entries entries{order};
    const Frame frame = frame_of(order, ca.get(), algorithm, entries.size());

    const ContextPtr context{needed(EVP_MD_CTX_new())};
    needed(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
    const auto sign = [&](std::string_view octets) {
        needed(EVP_DigestSignUpdate(context.get(), octets.data(), octets.size()) == 1);
    };
    sign(frame.before);
    entries.write(sign);
    sign(frame.behind);
    std::size_t size = 0;
    needed(EVP_DigestSignFinal(context.get(), nullptr, &size) == 1);
    std::string signature(size, '\0');
    needed(EVP_DigestSignFinal(context.get(), reinterpret_cast<unsigned char *>(signature.data()),
                               &size) == 1);
    signature.resize(size);
    const std::string end = algorithm + element(0x03, '\0' + signature);

    Output output{order.is_pem};
    output.write(
        header(0x30, frame.before.size() + entries.size() + frame.behind.size() + end.size()) +
        frame.before);
    entries.write([&](std::string_view octets) { output.write(octets); });
    output.write(frame.behind + end);
    output.finish();
}

}  // namespace

int main(int count, char **words)
{
    try {
        write_crl(order_of({words + 1, words + count}));
        return 0;
    } catch (const std::exception &e) {
        std::cerr << "make-crl: " << e.what() << '\n';
        return 1;
    }
}

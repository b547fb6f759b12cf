// SPDX-License-Identifier: Apache-2.0
// Reads CRLs, PEM or DER, in one pass and strictly: what is not a whole CRL is an error.
#pragma once

#include <clientcert/crl.hh>
#include <clientcert/crl_table.hh>
#include <clientcert/result.hh>

#include <memory>
#include <optional>
#include <span>

struct evp_pkey_st;

namespace clientcert {

/// Where octets come from.
class OctetSource {
public:
    virtual ~OctetSource() = default;

    /// Fills the front of `place`; 0 at the end. An error ends the reading, and becomes its error:
    /// a reader that is asked to stop gives one.
    virtual Result<std::size_t> read(std::span<std::uint8_t> place) = 0;
};

/// The signature of a CRL, and what it was made over.
struct CrlSignature {
    std::string algorithm;  ///< DER of the AlgorithmIdentifier
    std::string value;
    std::string digest;        ///< of the tbsCertList, where the algorithm signs a digest
    std::string to_be_signed;  ///< the tbsCertList itself, where it does not (Ed25519, Ed448)

    /// Whether it was made with that key. Leaves OpenSSL's error queue alone.
    bool verifies(evp_pkey_st *key) const;
};

/// A CRL that was read whole; nobody has looked at its signature yet.
struct ReadCrl {
    CrlInfo info;
    CrlSignature signature;
    TableBuilder entries;
};

/// Takes CRLs out of a stream: one in DER, or any number in PEM (text between them is skipped,
/// other PEM objects are an error).
class CrlReader {
public:
    /// More than `max_size` octets of input are an error.
    CrlReader(OctetSource &source, std::uint64_t max_size);
    ~CrlReader();

    /// The next CRL; nothing behind the last one. Input without any CRL is an error.
    /// Errors: not DER, trailing octets, version or critical extensions that are not known
    /// (RFC 5280, 5.1 and 5.2), entries that are no INTEGER and date, a size above the limit.
    Result<std::optional<ReadCrl>> next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clientcert

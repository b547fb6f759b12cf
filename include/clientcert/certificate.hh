// SPDX-License-Identifier: Apache-2.0
// One X.509 certificate (RFC 5280), and what it says of itself.
#pragma once

#include <clientcert/octets.hh>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct x509_st;
struct X509_name_st;

namespace clientcert {

/// Seconds since 1970-01-01T00:00:00Z.
using Time = std::chrono::sys_seconds;

/// A kind of subjectAltName that this module knows (RFC 5280, 4.2.1.6).
enum class SanType { email, dns, uri, ip, upn, dns_srv };

/// One subjectAltName. Control characters in `text` are written \HH, a backslash is doubled: no
/// name can pretend to be another.
struct SubjectAltName {
    SanType type;
    std::string text;
    bool usable;  ///< false where it has a control character: such a name never matches anything
};

/// Shares OpenSSL's parsed certificate (parsing one again costs more than all the rest).
class Certificate {
public:
    /// Takes a reference of its own; `x509` must not be null.
    explicit Certificate(x509_st *x509);

    x509_st *x509() const { return x509_.get(); }

    const X509_name_st *subject() const;
    const X509_name_st *issuer() const;

    std::string der() const;
    std::string pem() const;
    Sha256 fingerprint() const;

    /// The last octets of the signature: enough to tell verified certificates apart, which nobody
    /// can make alike, at a small part of the price of a digest.
    static constexpr std::size_t mark_size = 32;
    std::string mark() const;

    /// SHA-256 of the SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    Sha256 spki_fingerprint() const;

    /// Upper-case hexadecimal as OpenSSL prints an INTEGER: whole octets, "-" before a negative.
    std::string serial() const;

    /// Where the time cannot be read, the epoch: such a certificate is valid at no time.
    Time not_before() const;
    Time not_after() const;

    /// In the order of the extension; empty where there is none or it is malformed.
    std::vector<SubjectAltName> subject_alt_names() const;

    /// Each extended key usage twice: its short name where it has one, and its dotted OID.
    std::vector<std::string> extended_key_usages() const;

    /// Dotted OIDs of the certificate policies.
    std::vector<std::string> policies() const;

    /// The text of each extension that `name` (short name, long name or dotted OID) calls, as
    /// OpenSSL prints it (what mod_ssl's PeerExtList gives).
    std::vector<std::string> extensions(const std::string &name) const;

private:
    std::shared_ptr<x509_st> x509_;
};

/// The serial number on one line: OpenSSL breaks that of more than 35 octets.
std::string upper_hex_serial(const Certificate &certificate);

/// "2020-01-14T22:55:33Z" (RFC 3339).
std::string rfc3339(Time time);

}  // namespace clientcert

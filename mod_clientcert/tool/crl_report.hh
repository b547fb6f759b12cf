// SPDX-License-Identifier: Apache-2.0
// What there is to say of a CRL.
#pragma once

#include "tool/authorities.hh"

#include <clientcert/crl_reader.hh>

#include <optional>
#include <string>
#include <vector>

namespace clientcert::tool {

/// A certificate that is asked about.
struct Asked {
    std::string serial;            ///< contents of the INTEGER
    std::optional<NameId> issuer;  ///< nothing: that of the CRL

    /// Upper-case hexadecimal digits, as openssl prints it.
    std::string printed() const;

    /// Hexadecimal digits, as openssl prints a serial number; colons may stand between pairs.
    static Result<Asked> parse(std::string_view serial, const std::optional<std::string> &issuer);
};

struct CrlReport {
    /// What the module would make of it.
    enum class Use {
        in_force,
        unknown,  ///< nobody said which CAs there are
        overdue,  ///< in force, and past its nextUpdate
        waiting,  ///< for its issuer's certificate, or its thisUpdate
        refused,
    };

    CrlInfo info;
    std::string algorithm;  ///< of the signature: OpenSSL's long name, or a dotted OID
    std::string signer;     ///< whose key signed it (RFC 4514), empty where that is not known
    Use use;
    std::string why;  ///< for waiting and refused

    /// Tenths of a percent of the time from thisUpdate to nextUpdate; nothing without the latter.
    std::optional<long> life_over;

    bool about_asked = false;  ///< whether certificates of that issuer can be in it
    std::optional<Revoked> revoked;

    /// Whether the module goes by it, as far as can be said.
    bool counts() const { return use != Use::waiting && use != Use::refused; }

    /// Without `authorities` the signature is not checked.
    static CrlReport of(ReadCrl crl, const Authorities *authorities, const Asked *asked, Time now);
};

/// All CRLs of a file or URL.
struct Report {
    std::string source;
    std::vector<CrlReport> crls;

    /// Whether a certificate is revoked by what the CRLs that count say together: a delta CRL has
    /// the last word on what is in it.
    bool revoked() const;

    /// The gravest of the CRLs.
    CrlReport::Use use() const;
};

/// "keyCompromise" (RFC 5280, 5.3.1).
const char *reason_name(CrlReason reason);

/// "keyCompromise", ...: the ReasonFlags of a scope.
std::vector<std::string> reason_names(ReasonSet reasons);

/// A GeneralName: "URI http://...", "directory name CN=...", "other name".
std::string printed_general_name(const std::string &der);

void print_text(const Report &report, const Asked *asked);
void print_json(const Report &report, const Asked *asked);

/// Where there is no report.
void print_json_error(const std::string &source, const std::string &error);

}  // namespace clientcert::tool

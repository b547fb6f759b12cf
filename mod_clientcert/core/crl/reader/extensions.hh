// SPDX-License-Identifier: Apache-2.0
// The extensions of CRLs and their entries (RFC 5280, 5.2 and 5.3).
#pragma once

#include <clientcert/crl.hh>
#include <clientcert/result.hh>

namespace clientcert {

struct Extension {
    std::string_view oid;  ///< contents of the OBJECT IDENTIFIER
    bool is_critical;
    Octets value;
};

/// Takes one after the other, each type once.
class ExtensionReader {
public:
    /// Contents of Extensions.
    explicit ExtensionReader(Octets list);

    /// Nothing at the end, and where they are malformed.
    std::optional<Extension> next();

    /// Why they are malformed; null where all were read.
    const char *trouble() const { return trouble_; }

private:
    std::nullopt_t failed(const char *trouble);

    // Who has more wants something else.
    static constexpr std::size_t most = 32;

    Octets rest_;
    std::array<std::string_view, most> seen_;
    std::size_t count_ = 0;
    const char *trouble_ = nullptr;
};

/// A critical one that is not known, by name.
Error unknown_extension(const Extension &extension);

struct EntryExtensions {
    CrlReason reason = CrlReason::unspecified;
    Octets certificate_issuer;  ///< GeneralNames, empty where there is none
};

/// `list`: contents of crlEntryExtensions.
Result<EntryExtensions> entry_extensions(Octets list);

/// DER of the one directoryName of a certificateIssuer (5.3.3): nothing where there is not one.
std::optional<std::string> directory_name_of(Octets certificate_issuer);

/// `info`, which has its issuer already, with what the contents of crlExtensions say.
Result<CrlInfo> with_extensions(CrlInfo info, Octets list);

/// The value of an issuingDistributionPoint in a CRL of an issuer of that name.
Result<CrlScope> scope_of(Octets value, const std::string &issuer);

}  // namespace clientcert

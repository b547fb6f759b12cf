// SPDX-License-Identifier: Apache-2.0
// Which CRLs a certificate is within the scope of (RFC 5280, 6.3.3 (b) and (d)).
#pragma once

#include <clientcert/crl.hh>

#include <vector>

namespace clientcert {

/// A DistributionPoint (4.2.1.13) in its encoding.
struct DistributionPoint {
    std::vector<Octets> names;  ///< fullName: each GeneralName
    Octets relative_name;       ///< nameRelativeToCRLIssuer: its contents
    ReasonSet reasons = all_reasons;
    std::vector<NameId> issuers;  ///< cRLIssuer: the directoryNames

    bool has_name() const { return !names.empty() || !relative_name.empty(); }
};

/// Those in the value of the extension, into which the result points; none where it is malformed
/// or has more than anybody needs: then no CRL counts but those for all of the issuer's.
std::vector<DistributionPoint> distribution_points(Octets extension);

/// The reasons that the CRL tells about for a certificate with these distribution points; none
/// where it tells nothing about the certificate at all.
ReasonSet reasons_told(const CrlInfo &crl, const ChainLink &link,
                       const std::vector<DistributionPoint> &points);

}  // namespace clientcert

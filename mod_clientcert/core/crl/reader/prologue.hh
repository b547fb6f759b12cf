// SPDX-License-Identifier: Apache-2.0
// How a CRL begins (RFC 5280, 5.1): as far as has to be known before the rest is read.
#pragma once

#include <clientcert/octets.hh>
#include <clientcert/result.hh>

namespace clientcert {

struct Prologue {
    std::uint64_t end;        ///< of the CertificateList
    std::uint64_t tbs_begin;  ///< of the tbsCertList, its header included
    std::uint64_t tbs_end;
    bool is_version_1;
    std::string algorithm;  ///< DER of `signature`
    std::size_t size;       ///< octets up to `issuer`

    /// `front`: the first octets of the CRL, some thousands or all that there are.
    static Result<Prologue> of(Octets front);
};

}  // namespace clientcert

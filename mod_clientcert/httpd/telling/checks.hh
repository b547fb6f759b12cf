// SPDX-License-Identifier: Apache-2.0
// How a certificate that is supposed to come would fare before any rule: its chain, the CRLs, the
// handshake. As JSON (docs/explain.md).
#pragma once

#include "httpd/telling/hypothesis.hh"

#include <clientcert/json.hh>

namespace clientcert::httpd {

/// The chain under the trust of the supposed request, in OpenSSL's words.
json::JsonPtr verification_of(request_rec &supposed, const Hypothesis &hypothesis);

/// Which CRL says what of each certificate of that chain; null where no CRLs are asked for.
json::JsonPtr revocation_of(request_rec &supposed, const Hypothesis &hypothesis);

struct Handshake {
    bool fails = false;
    Reason reason = Reason::none;
    const char *text = "";
};

/// Whether there would be a request at all.
Handshake handshake_of(request_rec &supposed, const Hypothesis &hypothesis);

}  // namespace clientcert::httpd

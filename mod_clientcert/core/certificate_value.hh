// SPDX-License-Identifier: Apache-2.0
// Values of certificates as they stand there: what a user's name can be made of.
#pragma once

#include "core/openssl.hh"

#include <clientcert/selector.hh>

namespace clientcert {

/// A string of ASN.1; not usable where it is no string of characters, or has octets that its type
/// cannot have.
CertificateValue value_of(const ASN1_STRING *string);

/// The whole name as RFC 4514 writes it; usable where each of its values is.
CertificateValue value_of(const X509_NAME *name);

/// Whether each value of a name is usable.
bool is_usable(const X509_NAME *name);

}  // namespace clientcert

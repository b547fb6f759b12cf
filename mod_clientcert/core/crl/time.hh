// SPDX-License-Identifier: Apache-2.0
// The two ways in which RFC 5280 writes times.
#pragma once

#include <clientcert/certificate.hh>

#include <optional>

namespace clientcert::der {

/// The contents of a UTCTime or GeneralizedTime in the one form that RFC 5280, 4.1.2.5, allows:
/// with seconds, without fractions, Zulu. Nothing where they are in another, or no calendar has
/// that time.
std::optional<Time> time_of(std::uint8_t tag, Octets contents);

}  // namespace clientcert::der

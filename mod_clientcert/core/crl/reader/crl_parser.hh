// SPDX-License-Identifier: Apache-2.0
// From the pieces of a CRL to what is in it.
#pragma once

#include "core/crl/reader/pieces.hh"
#include "core/crl/reader/prologue.hh"

namespace clientcert {

/// Reads to the end of the pieces; `first` is the one that the prologue was taken from. Of the
/// signature, `algorithm` and `value` are set.
Result<ReadCrl> parse_crl(Pieces &pieces, Piece &first, const Prologue &prologue);

}  // namespace clientcert

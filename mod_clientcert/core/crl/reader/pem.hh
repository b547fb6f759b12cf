// SPDX-License-Identifier: Apache-2.0
// CRLs in PEM (RFC 7468): text with any number of them.
#pragma once

#include "core/crl/reader/base64_decoder.hh"
#include "core/crl/reader/input.hh"

namespace clientcert {

/// The DER of one after the other.
class PemInput : public OctetSource {
public:
    explicit PemInput(Input &text) : text_{&text} {}

    /// Goes to the next CRL; false where there is no more.
    Result<bool> find();

    /// Of the CRL that was found; 0 at its end. The place must have room for three octets.
    Result<std::size_t> read(std::span<std::uint8_t> place) override;

private:
    Result<bool> begin();
    Result<std::size_t> end();
    Result<bool> skip_line();

    Input *text_;
    Base64Decoder decoder_;
    bool at_line_start_ = true;
    bool ended_ = true;
};

}  // namespace clientcert

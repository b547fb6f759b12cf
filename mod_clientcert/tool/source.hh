// SPDX-License-Identifier: Apache-2.0
// The octets of a file or URL.
#pragma once

#include "core/crl/keeper/file.hh"

#include <clientcert/crl_reader.hh>

#include <string>

namespace clientcert::tool {

class Source : public OctetSource {
public:
    /// A URL is fetched first, whole.
    static Result<Source> open(const std::string &where, std::uint64_t max_size);

    Result<std::size_t> read(std::span<std::uint8_t> place) override;

private:
    explicit Source(Descriptor file) : file_{std::move(file)} {}

    Descriptor file_;
};

}  // namespace clientcert::tool

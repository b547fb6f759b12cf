// SPDX-License-Identifier: Apache-2.0
// A file as a source of octets, for those who read it once.
#pragma once

#include <clientcert/crl_reader.hh>

#include <string>

namespace clientcert {

class OctetFile : public OctetSource {
public:
    /// An error says what is wrong with that path.
    static Result<OctetFile> open(const std::string &path);

    /// Of a file that is open for reading; it is closed with the object.
    explicit OctetFile(int descriptor) : descriptor_{descriptor} {}

    OctetFile(OctetFile &&other) noexcept;
    OctetFile &operator=(OctetFile &&other) noexcept;
    ~OctetFile() override;

    Result<std::size_t> read(std::span<std::uint8_t> place) override;

private:
    int descriptor_;
};

}  // namespace clientcert

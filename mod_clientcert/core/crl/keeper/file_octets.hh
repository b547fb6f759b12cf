// SPDX-License-Identifier: Apache-2.0
// The octets of a file that others may be writing, or of which nobody wants to hear any more.
#pragma once

#include "core/file.hh"

#include <clientcert/crl_keeper.hh>
#include <clientcert/crl_reader.hh>

namespace clientcert {

/// Reads a file in pieces. Never maps it: it may be truncated at any time.
class FileOctets : public OctetSource {
public:
    FileOctets(const Descriptor &file, const FileIdentity &identity, KeeperHost &host)
        : file_{file}, identity_{identity}, host_{host}
    {
    }

    Result<std::size_t> read(std::span<std::uint8_t> place) override;

    /// What ended the reading was no fault of the file's: whatever was read counts for nothing.
    bool interrupted() const { return interrupted_; }

    /// Whether it is still the file that it was at the beginning.
    bool unchanged() const;

private:
    const Descriptor &file_;
    FileIdentity identity_;
    KeeperHost &host_;
    bool interrupted_ = false;
};

}  // namespace clientcert

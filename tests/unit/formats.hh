// SPDX-License-Identifier: Apache-2.0
// What header formats write and read.
#pragma once

#include "clients.hh"

#include <clientcert/header_format.hh>

namespace clientcert::test {

using Hop = HeaderReader::Hop;
using Value = std::optional<std::string_view>;

/// What the format writes into the field; nothing where it leaves it out.
inline std::optional<std::string> written(std::string_view format, std::string_view field,
                                          const Client &client)
{
    for (const auto &one : header_format(format)->fields)
        if (one.name == field)
            return one.write(client);
    throw std::runtime_error{"no field " + std::string{field}};
}

inline Result<std::vector<Certificate>>
read(std::string_view format, std::initializer_list<Value> values, Hop hop = Hop::last)
{
    const auto *reader = header_format(format)->reader;
    std::vector<Value> all{values};
    all.resize(reader->fields.size());
    return reader->read(all, hop);
}

/// Why the format cannot read it; empty where it can.
inline std::string complaint(std::string_view format, std::initializer_list<Value> values,
                             Hop hop = Hop::last)
{
    const auto certificates = read(format, values, hop);
    return certificates ? std::string{} : certificates.error();
}

/// The DER of what was read, which must be possible.
inline std::vector<std::string> der_read(std::string_view format,
                                         std::initializer_list<Value> values, Hop hop = Hop::last)
{
    const auto certificates = read(format, values, hop);
    if (!certificates)
        throw std::runtime_error{std::string{format} + ": " + certificates.error()};
    std::vector<std::string> der;
    for (const auto &certificate : *certificates)
        der.push_back(certificate.der());
    return der;
}

/// The certificates of RFC 9440, appendix A.
inline Certificate rfc9440_leaf()
{
    return certificate_of_file("rfc9440/leaf.pem");
}
inline Certificate rfc9440_intermediate()
{
    return certificate_of_file("rfc9440/intermediate.pem");
}
inline Certificate rfc9440_root()
{
    return certificate_of_file("rfc9440/root.pem");
}

inline std::unique_ptr<const Client> rfc9440_client(std::vector<Certificate> chain = {},
                                                    Verdict verdict = success)
{
    Evidence evidence;
    evidence.leaf = rfc9440_leaf();
    evidence.chain = std::move(chain);
    evidence.source = "tls";
    return client_with(std::move(evidence), verdict);
}

/// All that the format writes, "name: value" a line.
inline std::string all_written(const HeaderFormat &format, const Client &client)
{
    std::string lines;
    for (const auto &field : format.fields)
        if (const auto value = field.write(client))
            lines += std::string{field.name} + ": " + *value + '\n';
    return lines;
}

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
#include "tool/presented.hh"
#include "core/openssl.hh"

#include <clientcert/certificate_file.hh>

namespace clientcert::tool {
namespace {

/// Nothing where the file is no certificate in DER.
std::optional<Certificate> der_in(const std::string &path)
{
    const openssl::ErrorScope errors;
    const openssl::BioPtr file{BIO_new_file(path.c_str(), "r")};
    if (!file)
        return std::nullopt;
    const openssl::X509Ptr x509{d2i_X509_bio(file.get(), nullptr)};
    return x509 ? std::optional{Certificate{x509.get()}} : std::nullopt;
}

}  // namespace

Result<Evidence> presented_in(const std::string &path)
{
    Evidence evidence;
    evidence.source = "tls";
    evidence.leaf = der_in(path);
    if (evidence.leaf)
        return evidence;
    const auto certificates = certificates_in(path);
    if (!certificates)
        return Error{"cannot read certificates: " + certificates.error()};
    evidence.leaf = certificates->front();
    evidence.chain.assign(certificates->begin() + 1, certificates->end());
    return evidence;
}

}  // namespace clientcert::tool

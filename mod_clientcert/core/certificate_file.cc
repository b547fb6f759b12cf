// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <clientcert/certificate_file.hh>

#include <cerrno>
#include <cstring>

namespace clientcert {

Result<std::vector<Certificate>> certificates_in(const std::string &path)
{
    const openssl::ErrorScope errors;
    errno = 0;
    const openssl::BioPtr file{BIO_new_file(path.c_str(), "r")};
    if (!file)
        return Error{quoted(path) + " cannot be opened: " + std::strerror(errno)};
    std::vector<Certificate> certificates;
    while (const openssl::X509Ptr x509{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)})
        certificates.emplace_back(x509.get());
    // The end of the file says that there is no further beginning of an object.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return Error{"certificate " + std::to_string(certificates.size() + 1) + " of " +
                     quoted(path) + " is damaged"};
    if (certificates.empty())
        return Error{"there is none in " + quoted(path)};
    return certificates;
}

}  // namespace clientcert

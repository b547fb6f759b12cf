// SPDX-License-Identifier: Apache-2.0
#include "tool/authorities.hh"
#include "core/crl/keeper/file.hh"
#include "core/openssl.hh"

#include <clientcert/chain.hh>

#include <cerrno>

namespace clientcert::tool {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, openssl::Freed<X509_STORE_free>>;

Result<std::vector<Certificate>> certificates_in(const std::string &path)
{
    const openssl::ErrorScope errors;
    const openssl::BioPtr file{BIO_new_file(path.c_str(), "r")};
    if (!file)
        return Error{quoted(path) + " cannot be opened: " + system_error(errno)};
    std::vector<Certificate> certificates;
    while (const openssl::X509Ptr x509{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)})
        certificates.emplace_back(x509.get());
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return Error{quoted(path) + " has something in it that is no certificate in PEM"};
    if (certificates.empty())
        return Error{quoted(path) + " has no certificate in PEM in it"};
    return certificates;
}

}  // namespace

Result<Authorities> Authorities::read(const std::vector<std::string> &paths)
{
    Authorities authorities;
    const StorePtr store{X509_STORE_new()};
    if (!store)
        throw std::bad_alloc{};
    for (const auto &path : paths) {
        const auto certificates = certificates_in(path);
        if (!certificates)
            return Error{certificates.error()};
        for (const auto &certificate : *certificates) {
            X509_STORE_add_cert(store.get(), certificate.x509());
            authorities.certificates_.push_back(certificate);
        }
    }
    authorities.issuers_.add_trusted(store.get());
    return authorities;
}

std::string Authorities::name_of(const KeyId &key) const
{
    for (const auto &certificate : certificates_)
        if (key_id(certificate.x509()) == key)
            return rfc4514(certificate.subject());
    return {};
}

}  // namespace clientcert::tool

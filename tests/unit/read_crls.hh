// SPDX-License-Identifier: Apache-2.0
// CRLs that others made, read for a test.
#pragma once

#include "pki.hh"

#include <clientcert/crl_reader.hh>

namespace clientcert::test {

/// Octets that are there already.
class OctetsInMemory : public OctetSource {
public:
    explicit OctetsInMemory(Octets octets) : rest_{octets} {}

    Result<std::size_t> read(std::span<std::uint8_t> place) override
    {
        const auto size = std::min(place.size(), rest_.size());
        std::ranges::copy(rest_.first(size), place.begin());
        rest_ = rest_.subspan(size);
        return size;
    }

private:
    Octets rest_;
};

/// The first CRL that is in the octets.
inline Result<ReadCrl> crl_of_der(std::string_view der)
{
    OctetsInMemory source{octets_of(der)};
    auto crl = CrlReader{source, der.size()}.next();
    if (!crl)
        return Error{crl.error()};
    return std::move(**std::move(crl));
}

/// A CRL of OpenSSL's; what a test does not say is not there.
struct SignedCrl {
    const Identity &issuer;
    std::string key_id;  ///< of authorityKeyIdentifier
    const EVP_MD *digest = EVP_sha256();

    std::string der() const
    {
        const std::unique_ptr<X509_CRL, openssl::Freed<X509_CRL_free>> crl{needed(X509_CRL_new())};
        const std::unique_ptr<ASN1_TIME, openssl::Freed<ASN1_TIME_free>> time{
            needed(ASN1_TIME_set(nullptr, the_beginning().time_since_epoch().count()))};
        needed(X509_CRL_set_issuer_name(crl.get(), issuer.certificate.subject()));
        needed(X509_CRL_set1_lastUpdate(crl.get(), time.get()));
        if (!key_id.empty())
            add_key_id(crl.get());
        needed(X509_CRL_sign(crl.get(), issuer.key.get(), digest));
        std::uint8_t *octets = nullptr;
        const int size = needed(i2d_X509_CRL(crl.get(), &octets));
        const std::unique_ptr<std::uint8_t, decltype([](void *p) { OPENSSL_free(p); })> owned{
            octets};
        return {octets, octets + size};
    }

    ReadCrl read() const
    {
        auto crl = crl_of_der(der());
        if (!crl)
            throw std::runtime_error{crl.error()};
        return *std::move(crl);
    }

private:
    void add_key_id(X509_CRL *crl) const
    {
        const std::unique_ptr<AUTHORITY_KEYID, openssl::Freed<AUTHORITY_KEYID_free>> id{
            needed(AUTHORITY_KEYID_new())};
        id->keyid = needed(ASN1_OCTET_STRING_new());
        needed(ASN1_OCTET_STRING_set(id->keyid, octets_of(key_id).data(),
                                     static_cast<int>(key_id.size())));
        needed(X509_CRL_set_version(crl, X509_CRL_VERSION_2));
        needed(X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id.get(), 0, 0));
    }
};

}  // namespace clientcert::test

// SPDX-License-Identifier: Apache-2.0
// CRLs made for a test, by OpenSSL alone.
#pragma once

#include "pki.hh"
#include "trusts.hh"

#include <string>

namespace clientcert::test {

using CrlPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;

/// Every call changes the CRL that is going to be made.
class CrlMaker {
public:
    CrlMaker() : crl_{needed(X509_CRL_new())} { X509_CRL_set_version(crl_.get(), 1); }

    /// Of the day before `now`, unless a test says otherwise.
    CrlMaker &this_update(Time time)
    {
        this_update_ = time;
        return *this;
    }
    /// Time::max(): none.
    CrlMaker &next_update(Time time)
    {
        next_update_ = time;
        return *this;
    }

    CrlMaker &number(long number) { return integer_extension(NID_crl_number, number, false); }

    /// Makes it a delta CRL.
    CrlMaker &base_number(long number) { return integer_extension(NID_delta_crl, number, true); }

    CrlMaker &authority_key_id(const std::string &id)
    {
        const std::unique_ptr<AUTHORITY_KEYID, Freed<AUTHORITY_KEYID_free>> extension{
            needed(AUTHORITY_KEYID_new())};
        extension->keyid = needed(ASN1_OCTET_STRING_new());
        needed(ASN1_OCTET_STRING_set(extension->keyid, octets_of(id).data(),
                                     static_cast<int>(id.size())));
        needed(
            X509_CRL_add1_ext_i2d(crl_.get(), NID_authority_key_identifier, extension.get(), 0, 0));
        return *this;
    }

    CrlMaker &revoke(long serial)
    {
        X509_REVOKED *entry = needed(X509_REVOKED_new());
        const openssl::StringPtr number{needed(ASN1_INTEGER_new())};
        ASN1_INTEGER_set(number.get(), serial);
        X509_REVOKED_set_serialNumber(entry, number.get());
        const openssl::StringPtr date{
            needed(ASN1_TIME_set(nullptr, the_beginning().time_since_epoch().count()))};
        X509_REVOKED_set_revocationDate(entry, date.get());
        needed(X509_CRL_add0_revoked(crl_.get(), entry));
        return *this;
    }

    /// As in a configuration file of the openssl command line.
    CrlMaker &extension(int nid, const char *value)
    {
        X509V3_CTX context;
        X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
        X509_EXTENSION *extension = needed(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
        needed(X509_CRL_add_ext(crl_.get(), extension, -1));
        X509_EXTENSION_free(extension);
        return *this;
    }

    std::string der_by(const Identity &issuer)
    {
        X509_CRL_set_issuer_name(crl_.get(), issuer.certificate.subject());
        const openssl::StringPtr from{
            needed(ASN1_TIME_set(nullptr, this_update_.time_since_epoch().count()))};
        X509_CRL_set1_lastUpdate(crl_.get(), from.get());
        if (next_update_ != Time::max()) {
            const openssl::StringPtr until{
                needed(ASN1_TIME_set(nullptr, next_update_.time_since_epoch().count()))};
            X509_CRL_set1_nextUpdate(crl_.get(), until.get());
        }
        X509_CRL_sort(crl_.get());
        needed(X509_CRL_sign(crl_.get(), issuer.key.get(), EVP_sha256()));
        unsigned char *der = nullptr;
        const int size = i2d_X509_CRL(crl_.get(), &der);
        std::string octets{reinterpret_cast<char *>(der), static_cast<std::size_t>(size)};
        OPENSSL_free(der);
        return octets;
    }

    std::string pem_by(const Identity &issuer)
    {
        der_by(issuer);
        const auto bio = openssl::memory();
        needed(PEM_write_bio_X509_CRL(bio.get(), crl_.get()));
        return openssl::contents(bio);
    }

private:
    CrlMaker &integer_extension(int nid, long number, bool is_critical)
    {
        const openssl::StringPtr value{needed(ASN1_INTEGER_new())};
        ASN1_INTEGER_set(value.get(), number);
        needed(X509_CRL_add1_ext_i2d(crl_.get(), nid, value.get(), is_critical, 0));
        return *this;
    }

    CrlPtr crl_;
    Time this_update_ = now() - std::chrono::days{1};
    Time next_update_ = now() + std::chrono::days{30};
};

}  // namespace clientcert::test

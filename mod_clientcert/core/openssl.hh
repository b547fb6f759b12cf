// SPDX-License-Identifier: Apache-2.0
// Ownership of OpenSSL's objects.
#pragma once

#include "core/freed.hh"

#include <clientcert/octets.hh>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace clientcert::openssl {

inline void free_general_names(GENERAL_NAMES *names)
{
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}
inline void free_usages(EXTENDED_KEY_USAGE *usages)
{
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
}
inline void free_policies(CERTIFICATEPOLICIES *policies)
{
    sk_POLICYINFO_pop_free(policies, POLICYINFO_free);
}
inline void free_certificates(STACK_OF(X509) * certificates)
{
    sk_X509_pop_free(certificates, X509_free);
}

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using CertificatePoliciesPtr = std::unique_ptr<CERTIFICATEPOLICIES, Freed<free_policies>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), Freed<free_certificates>>;
using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Freed<free_usages>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<free_general_names>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Freed<ASN1_OBJECT_free>>;
using StringPtr = std::unique_ptr<ASN1_STRING, Freed<ASN1_STRING_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
using TypePtr = std::unique_ptr<ASN1_TYPE, Freed<ASN1_TYPE_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

/// Leaves the thread's error queue as it was: mod_ssl reads the same one.
class ErrorScope {
public:
    ErrorScope() { ERR_set_mark(); }
    ~ErrorScope() { ERR_pop_to_mark(); }
    ErrorScope(const ErrorScope &) = delete;
    ErrorScope &operator=(const ErrorScope &) = delete;
};

inline BioPtr memory()
{
    return BioPtr{BIO_new(BIO_s_mem())};
}

/// All that was written to a memory BIO.
inline std::string contents(const BioPtr &bio)
{
    char *data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return length > 0 ? std::string{data, static_cast<std::size_t>(length)} : std::string{};
}

inline Octets octets_of(const ASN1_STRING *string)
{
    return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// The contents of the OBJECT IDENTIFIER.
inline std::string_view oid_of(const ASN1_OBJECT *object)
{
    return {reinterpret_cast<const char *>(OBJ_get0_data(object)), OBJ_length(object)};
}

inline std::string dotted(const ASN1_OBJECT *object)
{
    const int length = OBJ_obj2txt(nullptr, 0, object, 1);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    if (length > 0)
        OBJ_obj2txt(text.data(), length + 1, object, 1);
    return text;
}

}  // namespace clientcert::openssl

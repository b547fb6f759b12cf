// SPDX-License-Identifier: Apache-2.0
// Certificates made for a test, by OpenSSL alone.
#pragma once

#include "core/openssl.hh"
#include "data.hh"

#include <clientcert/evidence.hh>
#include <clientcert/trust.hh>

#include <initializer_list>
#include <memory>
#include <utility>

namespace clientcert::test {

using Key = std::shared_ptr<EVP_PKEY>;

/// A certificate and its private key.
struct Identity {
    Certificate certificate;
    Key key;
};

/// A call of OpenSSL that a test cannot do without.
template <typename T>
T needed(T result)
{
    if (!result)
        throw std::runtime_error{"OpenSSL: " +
                                 std::string{ERR_reason_error_string(ERR_get_error())}};
    return result;
}

inline Key ec_key()
{
    return {needed(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), EVP_PKEY_free};
}

inline Key rsa_key(std::size_t bits)
{
    return {needed(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)), EVP_PKEY_free};
}

inline Time day(int year, unsigned month, unsigned day)
{
    using namespace std::chrono;
    return sys_days{
        year_month_day{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}}};
}

/// When the certificates of the tests are valid, unless a test says otherwise.
inline Time the_beginning()
{
    return day(2020, 1, 1);
}
inline Time the_end()
{
    return day(2040, 1, 1);
}

inline Certificate certificate_of_der(std::string_view der)
{
    const auto *p = octets_of(der).data();
    const openssl::X509Ptr x509{needed(d2i_X509(nullptr, &p, static_cast<long>(der.size())))};
    return Certificate{x509.get()};
}

inline Certificate certificate_of_file(const std::string &name)
{
    const std::string pem = contents_of(name);
    const openssl::BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    const openssl::X509Ptr x509{needed(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))};
    return Certificate{x509.get()};
}

/// Every call changes the certificate that is going to be made.
class Builder {
public:
    Builder() : x509_{needed(X509_new())}, names_{needed(sk_GENERAL_NAME_new_null())}
    {
        X509_set_version(x509_.get(), X509_VERSION_3);
        serial("01");
        valid(the_beginning(), the_end());
    }

    /// `type` is a short name or dotted OID.
    Builder &subject(const char *type, std::string_view value, int string = V_ASN1_UTF8STRING)
    {
        needed(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509_.get()), type, string,
                                          octets_of(value).data(), static_cast<int>(value.size()),
                                          -1, 0));
        return *this;
    }

    Builder &subject(const X509_NAME *name)
    {
        needed(X509_set_subject_name(x509_.get(), name));
        return *this;
    }

    /// In hexadecimal, with "-" before it or not.
    Builder &serial(const std::string &hex)
    {
        BIGNUM *number = nullptr;
        needed(BN_hex2bn(&number, hex.c_str()));
        const openssl::BignumPtr owned{number};
        needed(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509_.get())));
        return *this;
    }

    Builder &version(long version)
    {
        needed(X509_set_version(x509_.get(), version));
        return *this;
    }

    Builder &valid(Time from, Time until)
    {
        needed(ASN1_TIME_set(X509_getm_notBefore(x509_.get()), from.time_since_epoch().count()));
        needed(ASN1_TIME_set(X509_getm_notAfter(x509_.get()), until.time_since_epoch().count()));
        return *this;
    }

    /// The contents of the two times as they are, of V_ASN1_UTCTIME or V_ASN1_GENERALIZEDTIME.
    Builder &times(int type, const std::string &from, const std::string &until)
    {
        const openssl::StringPtr first{needed(ASN1_STRING_type_new(type))};
        const openssl::StringPtr last{needed(ASN1_STRING_type_new(type))};
        needed(ASN1_STRING_set(first.get(), from.data(), static_cast<int>(from.size())));
        needed(ASN1_STRING_set(last.get(), until.data(), static_cast<int>(until.size())));
        needed(X509_set1_notBefore(x509_.get(), first.get()));
        needed(X509_set1_notAfter(x509_.get(), last.get()));
        return *this;
    }

    /// As in a configuration file of the openssl command line.
    Builder &extension(const char *name, const char *value)
    {
        X509V3_CTX context;
        X509V3_set_ctx(&context, nullptr, x509_.get(), nullptr, nullptr, 0);
        return add(needed(X509V3_EXT_conf(nullptr, &context, name, value)));
    }

    /// An extension with any contents.
    Builder &extension_der(const char *oid, std::string_view der)
    {
        const openssl::ObjectPtr object{needed(OBJ_txt2obj(oid, 1))};
        const openssl::StringPtr value{needed(ASN1_OCTET_STRING_new())};
        needed(ASN1_STRING_set(value.get(), der.data(), static_cast<int>(der.size())));
        return add(needed(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get())));
    }

    /// A subjectAltName of GEN_EMAIL, GEN_DNS, GEN_URI (octets of an IA5String) or GEN_IPADD.
    Builder &alternative_name(int type, std::string_view octets)
    {
        auto *value = needed(
            ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING));
        needed(ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size())));
        GENERAL_NAME *name = needed(GENERAL_NAME_new());
        GENERAL_NAME_set0_value(name, type, value);
        needed(sk_GENERAL_NAME_push(names_.get(), name));
        return *this;
    }

    /// A subjectAltName of type otherName that has a string.
    Builder &other_name(const char *oid, int string_type, std::string_view octets)
    {
        GENERAL_NAME *name = needed(GENERAL_NAME_new());
        ASN1_TYPE *value = needed(ASN1_TYPE_new());
        auto *string = needed(ASN1_STRING_type_new(string_type));
        needed(ASN1_STRING_set(string, octets.data(), static_cast<int>(octets.size())));
        ASN1_TYPE_set(value, string_type, string);
        needed(GENERAL_NAME_set0_othername(name, needed(OBJ_txt2obj(oid, 1)), value));
        needed(sk_GENERAL_NAME_push(names_.get(), name));
        return *this;
    }

    Builder &authority(int path_length = 9)
    {
        return extension("basicConstraints",
                         ("critical,CA:TRUE,pathlen:" + std::to_string(path_length)).c_str())
            .extension("keyUsage", "critical,keyCertSign,cRLSign");
    }

    Builder &key(Key key)
    {
        key_ = std::move(key);
        return *this;
    }

    Builder &digest(const EVP_MD *digest)
    {
        digest_ = digest;
        return *this;
    }

    Identity self_signed() { return made(X509_get_subject_name(x509_.get()), *key_); }

    Identity issued_by(const Identity &issuer)
    {
        return made(issuer.certificate.subject(), *issuer.key);
    }

    /// For tests that look at nothing but its contents.
    Certificate certificate() { return self_signed().certificate; }

private:
    Builder &add(X509_EXTENSION *extension)
    {
        needed(X509_add_ext(x509_.get(), extension, -1));
        X509_EXTENSION_free(extension);
        return *this;
    }

    Identity made(const X509_NAME *issuer, EVP_PKEY &signer)
    {
        needed(X509_set_issuer_name(x509_.get(), issuer));
        needed(X509_set_pubkey(x509_.get(), key_.get()));
        if (sk_GENERAL_NAME_num(names_.get()) > 0)
            needed(X509_add1_ext_i2d(x509_.get(), NID_subject_alt_name, names_.get(), 0, 0));
        needed(X509_sign(x509_.get(), &signer, digest_));
        // Read again from DER, as it would come from a peer.
        return {certificate_of_der(Certificate{x509_.get()}.der()), key_};
    }

    openssl::X509Ptr x509_;
    openssl::GeneralNamesPtr names_;
    Key key_ = ec_key();
    const EVP_MD *digest_ = EVP_sha256();
};

/// An authority with that common name.
inline Identity authority(const char *name)
{
    return Builder{}.subject("CN", name).authority().self_signed();
}

using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;

inline Store store_of(std::initializer_list<Identity> authorities)
{
    Store store{needed(X509_STORE_new())};
    for (const auto &authority : authorities)
        needed(X509_STORE_add_cert(store.get(), authority.certificate.x509()));
    return store;
}

}  // namespace clientcert::test

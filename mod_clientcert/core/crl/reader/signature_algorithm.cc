// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/signature_algorithm.hh"

#include "core/crl/reader/der.hh"

#include <openssl/rsa.h>

#include <stdexcept>

namespace clientcert {
namespace {

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Freed<X509_ALGOR_free>>;
using PssPtr = std::unique_ptr<RSA_PSS_PARAMS, Freed<RSA_PSS_PARAMS_free>>;

/// Null for those that nobody should rely on any more.
const EVP_MD *digest_of(int nid)
{
    switch (nid) {
    case NID_sha1:
        return EVP_sha1();
    case NID_sha224:
        return EVP_sha224();
    case NID_sha256:
        return EVP_sha256();
    case NID_sha384:
        return EVP_sha384();
    case NID_sha512:
        return EVP_sha512();
    default:
        return nullptr;
    }
}

std::string name_of(const ASN1_OBJECT *object)
{
    const int nid = OBJ_obj2nid(object);
    return nid == NID_undef ? openssl::dotted(object) : OBJ_nid2ln(nid);
}

Error unknown(const std::string &name)
{
    return {"it is signed with " + name +
            ", which is not trusted here; RSA, DSA or ECDSA with SHA-1 or SHA-2, Ed25519 and Ed448 "
            "are"};
}

Error malformed_parameters(const std::string &name)
{
    return {"the parameters of its signature algorithm, " + name + ", are malformed"};
}

/// The digest of a hashAlgorithm, SHA-1 where there is none (RFC 4055, 3.1).
const EVP_MD *digest_of(const X509_ALGOR *algorithm)
{
    if (algorithm == nullptr)
        return EVP_sha1();
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    return digest_of(OBJ_obj2nid(object));
}

/// The digest of a maskGenAlgorithm: MGF1 is the only one that there is.
const EVP_MD *mask_digest_of(const X509_ALGOR *algorithm)
{
    if (algorithm == nullptr)
        return EVP_sha1();
    const ASN1_OBJECT *object = nullptr;
    int type = V_ASN1_UNDEF;
    const void *value = nullptr;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (OBJ_obj2nid(object) != NID_mgf1 || type != V_ASN1_SEQUENCE)
        return nullptr;
    const Octets der = openssl::octets_of(static_cast<const ASN1_STRING *>(value));
    const auto *p = der.data();
    const AlgorithmPtr digest{d2i_X509_ALGOR(nullptr, &p, static_cast<long>(der.size()))};
    return digest ? digest_of(digest.get()) : nullptr;
}

/// Nothing where it is out of range.
std::optional<long> number_of(const ASN1_INTEGER *number, long otherwise)
{
    std::int64_t value = otherwise;
    if (number != nullptr &&
        (ASN1_INTEGER_get_int64(&value, number) != 1 || value < 0 || value > 0xffff))
        return std::nullopt;
    return static_cast<long>(value);
}

Result<SignatureAlgorithm> pss_of(const ASN1_STRING *parameters)
{
    const std::string name = "RSASSA-PSS";
    const Octets der = openssl::octets_of(parameters);
    const auto *p = der.data();
    const PssPtr pss{d2i_RSA_PSS_PARAMS(nullptr, &p, static_cast<long>(der.size()))};
    if (!pss || p != der.data() + der.size())
        return malformed_parameters(name);
    const auto *digest = digest_of(pss->hashAlgorithm);
    const auto *mask_digest = mask_digest_of(pss->maskGenAlgorithm);
    const auto salt_length = number_of(pss->saltLength, 20);
    if (digest == nullptr || mask_digest == nullptr)
        return unknown(name + " with another digest or mask");
    if (!salt_length || number_of(pss->trailerField, 1) != 1)
        return malformed_parameters(name);
    return SignatureAlgorithm{EVP_PKEY_RSA, digest, true, mask_digest,
                              static_cast<int>(*salt_length)};
}

}  // namespace

Result<SignatureAlgorithm> SignatureAlgorithm::of(Octets der)
{
    const openssl::ErrorScope errors;
    const auto *p = der.data();
    const AlgorithmPtr algorithm{d2i_X509_ALGOR(nullptr, &p, static_cast<long>(der.size()))};
    if (!algorithm || p != der.data() + der.size() || !der::is_well_formed(der))
        return Error{"its signature algorithm is malformed"};
    const ASN1_OBJECT *object = nullptr;
    int type = V_ASN1_UNDEF;
    const void *value = nullptr;
    X509_ALGOR_get0(&object, &type, &value, algorithm.get());
    const int nid = OBJ_obj2nid(object);
    const std::string name = name_of(object);
    if (nid == NID_rsassaPss && type == V_ASN1_SEQUENCE)
        return pss_of(static_cast<const ASN1_STRING *>(value));
    if (type != V_ASN1_UNDEF && type != V_ASN1_NULL)
        return malformed_parameters(name);
    if (nid == NID_ED25519 || nid == NID_ED448)
        return SignatureAlgorithm{nid == NID_ED25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, nullptr};
    int digest_nid = NID_undef;
    int key_nid = NID_undef;
    if (OBJ_find_sigid_algs(nid, &digest_nid, &key_nid) != 1)
        return unknown(name);
    const int key_type = EVP_PKEY_type(key_nid);
    const auto *digest = digest_of(digest_nid);
    if (digest == nullptr ||
        (key_type != EVP_PKEY_RSA && key_type != EVP_PKEY_DSA && key_type != EVP_PKEY_EC))
        return unknown(name);
    return SignatureAlgorithm{key_type, digest};
}

SignedContent::SignedContent(const SignatureAlgorithm &algorithm)
{
    if (algorithm.digest == nullptr)
        return;
    const openssl::ErrorScope errors;
    context_.reset(EVP_MD_CTX_new());
    if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm.digest, nullptr) != 1)
        throw std::runtime_error{"OpenSSL cannot compute a digest"};
}

void SignedContent::add(Octets octets)
{
    if (!context_) {
        octets_.append(reinterpret_cast<const char *>(octets.data()), octets.size());
        return;
    }
    const openssl::ErrorScope errors;
    if (EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) != 1)
        throw std::runtime_error{"OpenSSL cannot compute a digest"};
}

void SignedContent::finish(CrlSignature &signature) &&
{
    if (!context_) {
        signature.to_be_signed = std::move(octets_);
        return;
    }
    const openssl::ErrorScope errors;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1)
        throw std::runtime_error{"OpenSSL cannot compute a digest"};
    signature.digest.assign(reinterpret_cast<const char *>(digest.data()), size);
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <clientcert/verdict.hh>

namespace clientcert {

std::string_view word(Reason reason)
{
    switch (reason) {
    case Reason::none:
        return "none";
    case Reason::expired:
        return "expired";
    case Reason::not_yet_valid:
        return "not-yet-valid";
    case Reason::revoked:
        return "revoked";
    case Reason::unknown_issuer:
        return "unknown-issuer";
    case Reason::self_signed:
        return "self-signed";
    case Reason::bad_signature:
        return "bad-signature";
    case Reason::wrong_purpose:
        return "wrong-purpose";
    case Reason::chain_too_long:
        return "chain-too-long";
    case Reason::crl_missing:
        return "crl-missing";
    case Reason::crl_expired:
        return "crl-expired";
    case Reason::crl_invalid:
        return "crl-invalid";
    case Reason::weak_key:
        return "weak-key";
    case Reason::weak_signature:
        return "weak-signature";
    case Reason::malformed:
        return "malformed";
    case Reason::no_map_match:
        return "no-map-match";
    case Reason::rule:
        return "rule";
    case Reason::user_mismatch:
        return "user-mismatch";
    case Reason::password:
        return "password";
    case Reason::error:
        break;
    }
    return "error";
}

bool is_of_revocation(Reason reason)
{
    return reason == Reason::revoked || reason == Reason::crl_missing ||
           reason == Reason::crl_expired || reason == Reason::crl_invalid;
}

Reason reason_of(int x509_error)
{
    switch (x509_error) {
    case X509_V_OK:
        return Reason::none;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return Reason::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return Reason::not_yet_valid;
    case X509_V_ERR_CERT_REVOKED:
        return Reason::revoked;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:  // of a root that came along; the leaf has an issuer
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
    case X509_V_ERR_AKID_SKID_MISMATCH:
    case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
        return Reason::unknown_issuer;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return Reason::self_signed;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
    case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
        return Reason::bad_signature;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
    case X509_V_ERR_PERMITTED_VIOLATION:  // its CA may not issue for such names
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return Reason::wrong_purpose;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED:
        return Reason::chain_too_long;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        return Reason::crl_missing;
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return Reason::crl_expired;
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        return Reason::crl_invalid;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return Reason::weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return Reason::weak_signature;
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_INVALID_EXTENSION:
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
    case X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
    case X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3:
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
        return Reason::malformed;
    default:
        return Reason::error;
    }
}

Reason reason_of(int x509_error, const Certificate &leaf)
{
    const bool unreadable = (X509_get_extension_flags(leaf.x509()) & EXFLAG_INVALID) != 0;
    return unreadable && x509_error != X509_V_OK ? Reason::malformed : reason_of(x509_error);
}

int x509_error_of(Reason reason)
{
    switch (reason) {
    case Reason::none:
        return X509_V_OK;
    case Reason::expired:
        return X509_V_ERR_CERT_HAS_EXPIRED;
    case Reason::not_yet_valid:
        return X509_V_ERR_CERT_NOT_YET_VALID;
    case Reason::revoked:
        return X509_V_ERR_CERT_REVOKED;
    case Reason::unknown_issuer:
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case Reason::self_signed:
        return X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
    case Reason::bad_signature:
        return X509_V_ERR_CERT_SIGNATURE_FAILURE;
    case Reason::wrong_purpose:
        return X509_V_ERR_INVALID_PURPOSE;
    case Reason::chain_too_long:
        return X509_V_ERR_CERT_CHAIN_TOO_LONG;
    case Reason::crl_missing:
        return X509_V_ERR_UNABLE_TO_GET_CRL;
    case Reason::crl_expired:
        return X509_V_ERR_CRL_HAS_EXPIRED;
    case Reason::crl_invalid:
        return X509_V_ERR_CRL_SIGNATURE_FAILURE;
    case Reason::weak_key:
        return X509_V_ERR_EE_KEY_TOO_SMALL;
    case Reason::weak_signature:
        return X509_V_ERR_CA_MD_TOO_WEAK;
    case Reason::malformed:
        return X509_V_ERR_INVALID_EXTENSION;
    case Reason::no_map_match:
    case Reason::rule:
    case Reason::user_mismatch:
    case Reason::password:
    case Reason::error:
        break;
    }
    return X509_V_ERR_UNSPECIFIED;
}

std::string_view word(Verdict::State state)
{
    switch (state) {
    case Verdict::State::none:
        return "NONE";
    case Verdict::State::success:
        return "SUCCESS";
    case Verdict::State::failed:
        break;
    }
    return "FAILED";
}

}  // namespace clientcert

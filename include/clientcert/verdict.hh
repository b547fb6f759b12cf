// SPDX-License-Identifier: Apache-2.0
// What the module thinks of a client's certificate.
#pragma once

#include <clientcert/certificate.hh>

#include <string_view>

namespace clientcert {

/// Why a certificate, or a request, is refused: a closed list, one word each.
enum class Reason {
    none,
    expired,
    not_yet_valid,
    revoked,
    unknown_issuer,
    self_signed,
    bad_signature,
    wrong_purpose,
    chain_too_long,
    crl_missing,
    crl_expired,
    crl_invalid,
    weak_key,
    weak_signature,
    malformed,
    no_map_match,
    rule,
    user_mismatch,
    password,
    error,
};

/// They are the numbers below.
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::error) + 1;

/// The word of the list, as CLIENTCERT_REASON tells it.
std::string_view word(Reason reason);

/// Whether it is one that CRLs give.
bool is_of_revocation(Reason reason);

/// The reason behind an X509_V_ERR_ code of OpenSSL; `none` for X509_V_OK alone.
Reason reason_of(int x509_error);

/// The same for that leaf: where it cannot be read OpenSSL may say only that it finds no issuer.
Reason reason_of(int x509_error, const Certificate &leaf);

/// The X509_V_ERR_ code that says the reason best, for formats that know those; 0 for `none`.
int x509_error_of(Reason reason);

struct Verdict {
    enum class State { none, success, failed };

    State state = State::none;
    Reason reason = Reason::none;

    /// From then on the verdict has to be given again.
    Time stands_until = Time::max();

    /// Failed, but only as long as the server has not yet read its CRLs: worth asking again soon.
    bool undecided = false;

    bool valid() const { return state == State::success; }
};

/// NONE, SUCCESS or FAILED.
std::string_view word(Verdict::State state);

}  // namespace clientcert

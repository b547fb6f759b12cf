// SPDX-License-Identifier: Apache-2.0
// Selectors: which values of a certificate are meant ("san:email", "subject:OU", "eku", "policy").
#pragma once

#include <clientcert/certificate.hh>
#include <clientcert/name.hh>
#include <clientcert/result.hh>

#include <string>
#include <string_view>
#include <vector>

namespace clientcert {

class Client;

/// A value as it stands in a certificate.
struct CertificateValue {
    std::string text;    ///< UTF-8; where it is not usable, escaped so that it can be shown
    bool usable = true;  ///< false where it has a control character (NUL is one) or is no text

    bool operator==(const CertificateValue &) const = default;
};

class Selector {
public:
    static Result<Selector> parse(std::string_view text);

    /// Every value of that kind, in the order of the certificate; none unless it is valid. Control
    /// characters are written \HH, backslashes doubled, but in names, which RFC 4514 escapes.
    std::vector<std::string> values(const Client &client) const;

    /// The same as they stand in the certificate, whatever the verdict on it.
    std::vector<CertificateValue> unescaped_values(const Certificate &certificate) const;

    /// Whether its values tell who somebody is, and not what he may do (eku, policy).
    bool identifies() const { return kind_ != Kind::eku && kind_ != Kind::policy; }

    /// Whether its value is a distinguished name as RFC 4514 writes it.
    bool is_name() const { return kind_ == Kind::dn || kind_ == Kind::directory_name; }

    /// As it was written.
    const std::string &text() const { return text_; }

    /// Whether the same values are meant.
    bool operator==(const Selector &other) const
    {
        return kind_ == other.kind_ && oid_ == other.oid_ && san_ == other.san_;
    }

private:
    enum class Kind {
        subject,
        issuer,
        san,
        directory_name,
        other_name,
        dn,
        issuer_serial,
        serial,
        fingerprint,
        spki,
        ski,
        eku,
        policy,
    };
    struct NamedKind;
    static const NamedKind kinds_[];

    Selector(std::string_view text, Kind kind, std::string oid = {}, SanType san = SanType::email)
        : text_{text}, kind_{kind}, oid_{std::move(oid)}, san_{san}
    {
    }
    static Result<Selector> parse_alternative_name(std::string_view text, std::string_view type);

    std::string text_;
    Kind kind_;
    std::string oid_;  ///< of an attribute or otherName, the contents of the OBJECT IDENTIFIER
    SanType san_;
};

/// "email", "dns", "uri", "ip" or "upn".
Result<SanType> san_type_named(std::string_view name);

/// The same backwards, and "dns-srv".
std::string_view word(SanType type);

}  // namespace clientcert

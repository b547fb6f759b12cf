// SPDX-License-Identifier: Apache-2.0
// CRLs made for a test octet by octet, good and bad, and read again.
#pragma once

#include "der.hh"
#include "pki.hh"

#include <clientcert/crl_reader.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <limits>

namespace clientcert::test {

inline std::string sequence(const std::string &contents)
{
    return element(0x30, contents);
}
inline std::string integer(const std::string &contents)
{
    return element(0x02, contents);
}
inline std::string utc_time(const std::string &text)
{
    return element(0x17, text);
}
inline std::string generalized_time(const std::string &text)
{
    return element(0x18, text);
}

/// `oid`: the last octet of an id-ce, or all octets.
inline std::string extension(const std::string &oid, const std::string &value,
                             bool is_critical = false)
{
    const std::string id_ce = oid.size() == 1 ? "\x55\x1d" + oid : oid;
    return sequence(element(0x06, id_ce) + (is_critical ? element(0x01, "\xff") : "") +
                    element(0x04, value));
}

inline const std::string crl_number_oid = "\x14";
inline const std::string reason_oid = "\x15";
inline const std::string invalidity_date_oid = "\x18";
inline const std::string delta_oid = "\x1b";
inline const std::string distribution_point_oid = "\x1c";
inline const std::string certificate_issuer_oid = "\x1d";
inline const std::string key_identifier_oid = "\x23";
inline const std::string private_oid = "\x2a\x03\x04";

inline std::string reason(int number)
{
    return extension(reason_oid, element(0x0a, std::string(1, static_cast<char>(number))));
}

inline std::string entry(const std::string &serial, const std::string &extensions = {},
                         const std::string &date = utc_time("250203040506Z"))
{
    return sequence(integer(serial) + date + (extensions.empty() ? "" : sequence(extensions)));
}

/// DER of a name with a commonName.
inline std::string name_of(const std::string &common_name)
{
    return sequence(
        element(0x31, sequence(element(0x06, "\x55\x04\x03") + element(0x0c, common_name))));
}

inline std::string certificate_issuer(const std::string &common_name, bool is_critical = true)
{
    return extension(certificate_issuer_oid, sequence(element(0xa4, name_of(common_name))),
                     is_critical);
}

inline const std::string ecdsa_with_sha256 =
    sequence(element(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"));

/// The fields of a CertificateList, all of them DER; a test changes some.
struct CrlParts {
    std::string version = integer("\x01");
    std::string algorithm = ecdsa_with_sha256;
    std::string issuer = name_of("CA");
    std::string updates = utc_time("250101000000Z") + utc_time("350101000000Z");
    std::string entries = entry("\x05") + entry("\x0a\xbc", reason(1));
    std::string extensions = extension(crl_number_oid, integer("\x07"));
    std::string outer_algorithm = ecdsa_with_sha256;

    /// What is left of a version 1 CRL.
    CrlParts &version_1()
    {
        version.clear();
        extensions.clear();
        entries = entry("\x05");
        return *this;
    }

    std::string tbs() const
    {
        return sequence(version + algorithm + issuer + updates +
                        (entries.empty() ? "" : sequence(entries)) +
                        (extensions.empty() ? "" : element(0xa0, sequence(extensions))));
    }

    std::string der(const std::string &signature = "signature") const
    {
        return sequence(tbs() + outer_algorithm + element(0x03, '\0' + signature));
    }

    /// Signed with a key that is made for it.
    std::string signed_der(EVP_PKEY *key, const EVP_MD *digest = EVP_sha256()) const
    {
        const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context{needed(EVP_MD_CTX_new())};
        const std::string content = tbs();
        std::size_t size = 1024;
        std::string signature(size, '\0');
        needed(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) == 1);
        needed(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()),
                              &size, octets_of(content).data(), content.size()) == 1);
        return der(signature.substr(0, size));
    }
};

inline std::string pem_of(const std::string &der, std::size_t line = 64,
                          const std::string &line_end = "\n")
{
    const std::string text = base64(octets_of(der));
    std::string pem = "-----BEGIN X509 CRL-----" + line_end;
    for (std::size_t i = 0; i < text.size(); i += line)
        pem += text.substr(i, line) + line_end;
    return pem + "-----END X509 CRL-----" + line_end;
}

/// Gives octets in pieces of `step`, and an error in place of the one at `broken_at`.
class MemorySource : public OctetSource {
public:
    explicit MemorySource(std::string_view octets,
                          std::size_t step = std::numeric_limits<std::size_t>::max())
        : rest_{octets}, step_{step}
    {
    }

    void breaks_at(std::size_t position) { intact_ = position; }

    Result<std::size_t> read(std::span<std::uint8_t> place) override
    {
        if (intact_ == 0)
            return Error{"the disk is broken"};
        const std::size_t size = std::min({rest_.size(), step_, place.size(), intact_});
        std::copy_n(rest_.data(), size, place.data());
        rest_.remove_prefix(size);
        intact_ -= size;
        return size;
    }

private:
    std::string_view rest_;
    std::size_t step_;
    std::size_t intact_ = std::numeric_limits<std::size_t>::max();
};

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

inline Result<std::vector<ReadCrl>> read_all(OctetSource &source, std::uint64_t max_size = no_limit)
{
    CrlReader reader{source, max_size};
    std::vector<ReadCrl> crls;
    while (true) {
        auto next = reader.next();
        if (!next)
            return Error{next.error()};
        auto crl = *std::move(next);
        if (!crl)
            return crls;
        crls.push_back(*std::move(crl));
    }
}

inline Result<std::vector<ReadCrl>> read_all(std::string_view octets)
{
    MemorySource source{octets};
    return read_all(source);
}

/// The only CRL there.
inline ReadCrl read_one(std::string_view octets)
{
    auto crls = read_all(octets);
    if (!crls)
        throw std::runtime_error{crls.error()};
    if (crls->size() != 1)
        throw std::runtime_error{std::to_string(crls->size()) + " CRLs"};
    return std::move((*std::move(crls)).front());
}

/// Why it is none; empty where it is one.
inline std::string error_of(std::string_view octets)
{
    const auto crls = read_all(octets);
    return crls ? std::string{} : crls.error();
}

/// Why a CRL that was changed so is none.
inline std::string error_with(const std::function<void(CrlParts &)> &change)
{
    CrlParts parts;
    change(parts);
    return error_of(parts.der());
}

/// With that list of extensions.
inline std::string error_with_extensions(const std::string &list)
{
    return error_with([&](CrlParts &parts) { parts.extensions = list; });
}

/// With these entries.
inline std::string error_with_entry(const std::string &contents)
{
    return error_with([&](CrlParts &parts) { parts.entries = contents; });
}

inline void assert_says(const std::string &part, const std::string &error)
{
    CPPUNIT_ASSERT_MESSAGE("not \"" + part + "\" in \"" + error + '"',
                           error.find(part) != error.npos);
}

/// The entries of a CRL, to be searched.
class Entries {
public:
    explicit Entries(TableBuilder builder) : place_((builder.size() + 7) / 8)
    {
        const std::span octets{reinterpret_cast<std::uint8_t *>(place_.data()), builder.size()};
        std::move(builder).write(octets);
        table_ = Table::in(octets).value();
    }

    std::optional<Revoked> find(std::string_view serial, const NameId *issuer = nullptr) const
    {
        return table_.find(octets_of(serial), issuer);
    }

private:
    std::vector<std::uint64_t> place_;
    Table table_;
};

}  // namespace clientcert::test

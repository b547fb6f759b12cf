// SPDX-License-Identifier: Apache-2.0
#include "core/crl/reader/crl_parser.hh"

#include "core/crl/reader/extensions.hh"
#include "core/crl/reader/time.hh"
#include "core/crl/reader/window.hh"

namespace clientcert {
namespace {

using NamePtr = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;

std::string string_of(Octets octets)
{
    return {octets.begin(), octets.end()};
}

/// Nothing where it is malformed, or empty.
std::optional<NameId> id_of_name(Octets der)
{
    const openssl::ErrorScope errors;
    const auto *p = der.data();
    const NamePtr name{d2i_X509_NAME(nullptr, &p, static_cast<long>(der.size()))};
    if (!name || p != der.data() + der.size() || X509_NAME_entry_count(name.get()) == 0 ||
        !der::is_well_formed(der))
        return std::nullopt;
    return name_id(name.get());
}

/// Each step reads one field; after one that failed, `error_` says why.
class Parser {
public:
    Parser(Pieces &pieces, Piece &first, const Prologue &prologue)
        : in_{pieces, first, prologue.size}, prologue_{&prologue}
    {
    }

    Result<ReadCrl> parse()
    {
        if (!read_issuer() || !read_updates() || !read_revoked_certificates() ||
            !read_extensions() || !read_signature() || !is_consistent())
            return *std::move(error_);
        crl_.info.entries = crl_.entries.entries();
        crl_.info.size = prologue_->end;
        return std::move(crl_);
    }

private:
    bool failed(Error error)
    {
        error_ = std::move(error);
        return false;
    }

    bool unreadable(const std::string &name) { return failed(in_.error(name)); }

    bool bad_entry(const std::string &what) { return failed({entry_name() + " has " + what}); }

    std::string entry_name() const
    {
        return "its entry number " + std::to_string(crl_.entries.entries() + 1);
    }

    bool read_issuer();
    bool read_updates();
    std::optional<Time> read_time(const std::string &name);
    bool read_revoked_certificates();
    bool read_entry(std::uint64_t end);
    bool add(Octets serial, Time date, Octets extensions);
    bool read_certificate_issuer(Octets names);
    bool read_extensions();
    bool read_signature();
    bool is_consistent();

    Window in_;
    const Prologue *prologue_;
    ReadCrl crl_;
    der::TimeReader times_;
    std::optional<Error> error_;

    /// Whose certificates the entries are from here on, where they are not the CRL issuer's.
    std::optional<NameId> certificate_issuer_;
    std::string certificate_issuer_names_;  ///< the extension that said so
    bool has_certificate_issuers_ = false;
    bool has_removals_ = false;
};

bool Parser::read_issuer()
{
    const auto name = in_.element(der::sequence, prologue_->tbs_end);
    if (!name)
        return unreadable("its issuer");
    const auto id = id_of_name(name->der);
    if (!id)
        return failed({"its issuer is malformed or empty"});
    crl_.info.issuer = string_of(name->der);
    crl_.info.issuer_id = *id;
    return true;
}

bool Parser::read_updates()
{
    const auto this_update = read_time("its thisUpdate");
    if (!this_update)
        return false;
    crl_.info.this_update = *this_update;
    const bool has_next_update = in_.position() < prologue_->tbs_end &&
                                 (in_.tag() == der::utc_time || in_.tag() == der::generalized_time);
    if (!has_next_update)
        return true;
    const auto next_update = read_time("its nextUpdate");
    if (next_update)
        crl_.info.next_update = *next_update;
    return next_update.has_value();
}

std::optional<Time> Parser::read_time(const std::string &name)
{
    const std::uint8_t tag =
        in_.tag() == der::generalized_time ? der::generalized_time : der::utc_time;
    const auto element = in_.element(tag, prologue_->tbs_end);
    if (!element) {
        unreadable(name);
        return std::nullopt;
    }
    const auto time = times_.read(tag, element->contents);
    if (!time)
        failed({name + " is no time as RFC 5280 writes it: " +
                quoted(string_of(element->contents.first(
                    std::min<std::size_t>(element->contents.size(), 20))))});
    return time;
}

bool Parser::read_revoked_certificates()
{
    if (in_.position() == prologue_->tbs_end || in_.tag() != der::sequence)
        return true;
    const auto end = in_.open(der::sequence, prologue_->tbs_end);
    if (!end)
        return unreadable("its revokedCertificates");
    // RFC 5280 has an empty list left out (5.1.2.6), but some CAs do not.
    while (in_.position() < *end) {
        if (!read_entry(*end))
            return false;
    }
    return true;
}

bool Parser::read_entry(std::uint64_t end)
{
    const auto entry = in_.element(der::sequence, end);
    if (!entry)
        return unreadable(entry_name());
    der::Reader fields{entry->contents};
    const auto serial = fields.next(der::integer);
    if (!serial || !der::is_shortest_integer(*serial))
        return bad_entry("no serial number, or one that is malformed");
    const std::uint8_t tag = fields.tag();
    const auto date = fields.next(tag);
    const auto time = date ? times_.read(tag, *date) : std::nullopt;
    if (!time)
        return bad_entry("no revocationDate as RFC 5280 writes it");
    if (fields.at_end())
        return add(*serial, *time, {});
    const auto extensions = fields.next(der::sequence);
    if (!extensions || !fields.at_end())
        return bad_entry("extensions that are malformed");
    if (prologue_->is_version_1)
        return bad_entry("extensions, which a CRL of version 1 cannot have");
    if (extensions->empty())
        return bad_entry("extensions that are an empty list");
    return add(*serial, *time, *extensions);
}

bool Parser::add(Octets serial, Time date, Octets extensions)
{
    auto reason = CrlReason::unspecified;
    if (!extensions.empty()) {
        const auto found = entry_extensions(extensions);
        if (!found)
            return bad_entry(found.error());
        reason = found->reason;
        has_removals_ = has_removals_ || reason == CrlReason::remove_from_crl;
        if (!found->certificate_issuer.empty() &&
            !read_certificate_issuer(found->certificate_issuer))
            return false;
    }
    crl_.entries.add(serial, certificate_issuer_ ? &*certificate_issuer_ : nullptr, reason, date);
    return true;
}

/// It holds for the entries that follow, too (5.3.3).
bool Parser::read_certificate_issuer(Octets names)
{
    has_certificate_issuers_ = true;
    const std::string_view text{reinterpret_cast<const char *>(names.data()), names.size()};
    if (text == certificate_issuer_names_)
        return true;
    const auto name = directory_name_of(names);
    const auto id = name ? id_of_name(octets_of(*name)) : std::nullopt;
    if (!id)
        return bad_entry("a certificateIssuer without, or with more than, one directoryName");
    certificate_issuer_names_ = text;
    certificate_issuer_.reset();
    if (*id != crl_.info.issuer_id)
        certificate_issuer_ = *id;
    return true;
}

bool Parser::read_extensions()
{
    if (in_.position() == prologue_->tbs_end)
        return true;
    const auto element = in_.element(der::explicit_0, prologue_->tbs_end);
    if (!element)
        return unreadable("its crlExtensions");
    if (prologue_->is_version_1)
        return failed({"it has extensions, which a CRL of version 1 cannot have"});
    der::Reader reader{element->contents};
    const auto list = reader.next(der::sequence);
    if (!list || !reader.at_end())
        return failed({"its extensions are malformed"});
    auto info = with_extensions(std::move(crl_.info), *list);
    if (!info)
        return failed({info.error()});
    crl_.info = *std::move(info);
    if (in_.position() != prologue_->tbs_end)
        return failed({"something follows the extensions of its tbsCertList"});
    return true;
}

bool Parser::read_signature()
{
    const auto algorithm = in_.element(der::sequence, prologue_->end);
    if (!algorithm)
        return unreadable("its signatureAlgorithm");
    crl_.signature.algorithm = string_of(algorithm->der);
    if (crl_.signature.algorithm != prologue_->algorithm)
        return failed({"it names two different signature algorithms"});
    const auto value = in_.element(der::bit_string, prologue_->end);
    if (!value)
        return unreadable("its signature");
    if (value->contents.empty() || value->contents.front() != 0)
        return failed({"its signature is no string of octets"});
    crl_.signature.value = string_of(value->contents.subspan(1));
    if (in_.position() != prologue_->end)
        return failed({"something follows the signature in it"});
    error_ = in_.error_of_end();
    return !error_;
}

/// What the entries say comes before what allows it.
bool Parser::is_consistent()
{
    if (has_certificate_issuers_ && !crl_.info.scope.indirect)
        return failed({"its entries have a certificateIssuer, but it is no indirect CRL"});
    if (has_removals_ && !crl_.info.is_delta())
        return failed({"its entries have the reason removeFromCRL, but it is no delta CRL"});
    return true;
}

}  // namespace

Result<ReadCrl> parse_crl(Pieces &pieces, Piece &first, const Prologue &prologue)
{
    return Parser{pieces, first, prologue}.parse();
}

}  // namespace clientcert

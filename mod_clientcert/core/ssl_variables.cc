// SPDX-License-Identifier: Apache-2.0
// SSL_CLIENT_*: the names and, to the octet, the values of mod_ssl (its manual, "Environment
// Variables"). The certificate is read here because it need not have come by TLS, and because a
// value is then made once for a connection. A test compares every one with mod_ssl's own.
#include "core/ssl_variables.hh"

#include "core/openssl.hh"

#include <clientcert/client.hh>

#include <algorithm>
#include <ctime>
#include <map>

namespace clientcert {
namespace {

using Query = Variable::Query;

X509 *x509(const Client &client)
{
    return client.certificate()->x509();
}

std::string verify(const Client &client, const Query &)
{
    const auto &verdict = client.verdict();
    std::string text{word(verdict.state)};
    if (verdict.state == Verdict::State::failed)
        (text += ':') += word(verdict.reason);
    return text;
}

std::string subject(const Client &client, const Query &)
{
    return rfc4514(client.certificate()->subject());
}

std::string issuer(const Client &client, const Query &)
{
    return rfc4514(client.certificate()->issuer());
}

std::string subject_attribute(const Client &client, const Query &query)
{
    return attribute_value(client.certificate()->subject(), *query.attribute, query.index,
                           query.raw);
}

std::string issuer_attribute(const Client &client, const Query &query)
{
    return attribute_value(client.certificate()->issuer(), *query.attribute, query.index,
                           query.raw);
}

std::string version(const Client &client, const Query &)
{
    return std::to_string(X509_get_version(x509(client)) + 1);
}

std::string serial(const Client &client, const Query &)
{
    return client.certificate()->serial();
}

/// "Nov 21 13:35:45 2026 GMT" of the usual form of a time; nothing of another.
std::optional<std::string> plain(const ASN1_TIME *time)
{
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::tm tm{};
    const Octets octets = openssl::octets_of(time);
    if (ASN1_STRING_type(time) != V_ASN1_UTCTIME || octets.size() != 13 || octets.back() != 'Z' ||
        ASN1_TIME_to_tm(time, &tm) != 1)
        return std::nullopt;
    // The octets from the day on are digits: OpenSSL has just read them.
    const auto two = [&](std::size_t at) {
        return std::string{static_cast<char>(octets[at]), static_cast<char>(octets[at + 1])};
    };
    std::string day = two(4);
    if (day.front() == '0')
        day.front() = ' ';
    return std::string{months.substr(static_cast<std::size_t>(tm.tm_mon) * 3, 3)} + ' ' + day +
           ' ' + two(6) + ':' + two(8) + ':' + two(10) + ' ' + std::to_string(tm.tm_year + 1900) +
           " GMT";
}

std::string printed(const ASN1_TIME *time)
{
    if (auto text = plain(time))
        return std::move(*text);
    const openssl::ErrorScope errors;
    const auto bio = openssl::memory();
    if (!bio)
        throw std::bad_alloc{};
    ASN1_TIME_print(bio.get(), time);
    return openssl::contents(bio);
}

std::string start(const Client &client, const Query &)
{
    return printed(X509_get0_notBefore(x509(client)));
}

std::string end(const Client &client, const Query &)
{
    return printed(X509_get0_notAfter(x509(client)));
}

/// Whole days that remain.
std::string remain(const Client &client, const Query &)
{
    using std::chrono::seconds;
    constexpr seconds day{86400};
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    const auto days = (client.certificate()->not_after() - now) / day;
    return std::to_string(std::max<std::int64_t>(days, 0));
}

std::string long_name(const ASN1_OBJECT *algorithm)
{
    const int nid = OBJ_obj2nid(algorithm);
    return nid == NID_undef ? "UNKNOWN" : OBJ_nid2ln(nid);
}

std::string signature_algorithm(const Client &client, const Query &)
{
    const ASN1_OBJECT *algorithm = nullptr;
    X509_ALGOR_get0(&algorithm, nullptr, nullptr, X509_get0_tbs_sigalg(x509(client)));
    return long_name(algorithm);
}

std::string key_algorithm(const Client &client, const Query &)
{
    ASN1_OBJECT *algorithm = nullptr;
    X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr,
                           X509_get_X509_PUBKEY(x509(client)));
    return long_name(algorithm);
}

std::string pem(const Client &client, const Query &)
{
    return client.certificate()->pem();
}

/// As mod_ssl: what came by this handshake, nothing on a resumed session.
std::string chain_pem(const Client &client, const Query &query)
{
    const auto &chain = client.evidence().chain;
    const auto index = static_cast<std::size_t>(query.index);
    return index < chain.size() ? chain[index].pem() : std::string{};
}

/// The certificateExactAssertion of RFC 4523, appendix A.1.
std::string exact_assertion(const Client &client, const Query &)
{
    const openssl::ErrorScope errors;
    const openssl::BignumPtr number{
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509(client)), nullptr)};
    const std::unique_ptr<char, decltype([](void *p) { OPENSSL_free(p); })> decimal{
        number ? BN_bn2dec(number.get()) : nullptr};
    if (!decimal)
        throw std::bad_alloc{};
    return std::string{"{ serialNumber "} + decimal.get() + ", issuer rdnSequence:\"" +
           rfc2253(client.certificate()->issuer()) + "\" }";
}

struct Row {
    std::string_view name;
    Variable::Function function;
    bool constant = true;
    bool always = false;
};

constexpr auto rows = std::to_array<Row>({
    {"VERIFY", verify, true, true},
    {"M_VERSION", version},
    {"M_SERIAL", serial},
    {"V_START", start},
    {"V_END", end},
    {"V_REMAIN", remain, false},
    {"S_DN", subject},
    {"I_DN", issuer},
    {"A_SIG", signature_algorithm},
    {"A_KEY", key_algorithm},
    {"CERT", pem},
    {"CERT_RFC4523_CEA", exact_assertion},
});

struct San {
    std::string_view prefix;
    SanType type;
};

constexpr auto sans = std::to_array<San>({{"Email_", SanType::email}, {"DNS_", SanType::dns}});

// Here, unlike everywhere else, case counts.
constexpr auto other_sans =
    std::to_array<San>({{"msUPN_", SanType::upn}, {"dnsSRV_", SanType::dns_srv}});

bool equal_but_for_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && OPENSSL_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// What follows the prefix, in whatever case that is written.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view text)
{
    if (text.size() < prefix.size() || !equal_but_for_case(prefix, text.substr(0, prefix.size())))
        return std::nullopt;
    return text.substr(prefix.size());
}

/// "CN", "CN_RAW", "CN_2", "CN_2_RAW".
std::optional<Query> attribute_query(std::string_view rest)
{
    Query query;
    if (rest.ends_with("_RAW") && rest.size() > 4) {
        query.raw = true;
        rest.remove_suffix(4);
    }
    if (const auto separator = rest.find('_'); separator != rest.npos) {
        const auto index = ordinal(rest.substr(separator + 1));
        if (!index)
            return std::nullopt;
        query.index = *index;
        rest = rest.substr(0, separator);
    }
    query.attribute = attribute_with_tag(rest);
    return query.attribute != nullptr ? std::optional{query} : std::nullopt;
}

std::optional<Variable> alternative_name_variable(const std::string &name, std::string_view rest)
{
    std::optional<std::string_view> number;
    SanType type{};
    for (const auto &san : sans)
        if (const auto digits = behind(san.prefix, rest))
            number = digits, type = san.type;
    if (const auto other = behind("OTHER_", rest))
        for (const auto &san : other_sans)
            if (other->starts_with(san.prefix))
                number = other->substr(san.prefix.size()), type = san.type;
    const auto index = number ? ordinal(*number) : std::nullopt;
    if (!index)
        return std::nullopt;
    return Variable{name, nth_alternative_name, {.index = *index, .san = type}, true, false};
}

}  // namespace

std::optional<Variable> ssl_client_variable(const std::string &name, std::string_view rest)
{
    for (const auto &row : rows)
        if (equal_but_for_case(row.name, rest))
            return Variable{name, row.function, {}, row.constant, row.always};
    if (const auto san = behind("SAN_", rest))
        return alternative_name_variable(name, *san);
    if (const auto number = behind("CERT_CHAIN_", rest))
        if (const auto index = ordinal(*number))
            return Variable{name, chain_pem, {.index = *index}, true, false};
    // The letter in front counts, unlike the rest of the prefix.
    if (const auto attribute = behind("_DN_", rest.substr(std::min<std::size_t>(rest.size(), 1))))
        if (const auto query = attribute_query(*attribute);
            query && (rest[0] == 'S' || rest[0] == 'I'))
            return Variable{name, rest[0] == 'S' ? subject_attribute : issuer_attribute, *query,
                            true, false};
    return std::nullopt;
}

namespace {

/// "S_DN_CN", and with several of them also "S_DN_CN_0" ...
void add_attributes(std::vector<std::string> &names, const X509_NAME *name, std::string_view part)
{
    std::map<std::string_view, std::size_t> counts;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const auto *type = X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i));
        const auto *attribute = attribute_of(type);
        if (attribute != nullptr && !attribute->mod_ssl_tag.empty())
            ++counts[attribute->mod_ssl_tag];
    }
    for (const auto &[tag, count] : counts) {
        const std::string first = std::string{part} + std::string{tag};
        names.push_back(first);
        for (std::size_t i = 0; count > 1 && i < count; ++i)
            names.push_back(first + '_' + std::to_string(i));
    }
}

void add_alternative_names(std::vector<std::string> &names, const Client &client)
{
    const auto add = [&](SanType type, std::string_view prefix) {
        const auto count = std::ranges::count(client.subject_alt_names(), type,
                                              [](const SubjectAltName &one) { return one.type; });
        for (std::ptrdiff_t i = 0; i < count; ++i)
            names.push_back(std::string{prefix} + std::to_string(i));
    };
    for (const auto &san : sans)
        add(san.type, "SAN_" + std::string{san.prefix});
    for (const auto &san : other_sans)
        add(san.type, "SAN_OTHER_" + std::string{san.prefix});
}

}  // namespace

std::vector<std::string> Variable::ssl_names_for(const Client &client)
{
    std::vector<std::string> names;
    for (const auto &row : rows)
        if (row.always || client.certificate() != nullptr)
            names.emplace_back(row.name);
    if (const auto *certificate = client.certificate()) {
        add_attributes(names, certificate->subject(), "S_DN_");
        add_attributes(names, certificate->issuer(), "I_DN_");
        add_alternative_names(names, client);
        for (std::size_t i = 0; i < client.evidence().chain.size(); ++i)
            names.push_back("CERT_CHAIN_" + std::to_string(i));
    }
    for (auto &name : names)
        name.insert(0, "SSL_CLIENT_");
    return names;
}

}  // namespace clientcert

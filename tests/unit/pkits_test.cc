// SPDX-License-Identifier: Apache-2.0
// NIST's PKITS: chains that OpenSSL verifies without CRLs, and this module's answer about CRLs.
#include "crls.hh"
#include "index_files.hh"

#include <clientcert/crl_issuers.hh>
#include <clientcert/revocation.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <sstream>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using Names = std::vector<std::string>;

struct PkitsRow {
    std::string test;
    std::string outcome;
    std::string anchor;
    Names others;
    std::string leaf;
    Names crls;
};

Names words_of(const std::string &text)
{
    std::istringstream words{text};
    return {std::istream_iterator<std::string>{words}, {}};
}

std::vector<PkitsRow> pkits()
{
    std::vector<PkitsRow> rows;
    for (const auto &row : test::rows_of("pkits.txt"))
        rows.push_back(
            {row.at(0), row.at(1), row.at(2), words_of(row.at(3)), row.at(4), words_of(row.at(5))});
    return rows;
}

/// Of PKITS_data.
std::string file(const std::string &name)
{
    std::ifstream file{PKITS_DATA "/" + name, std::ios::binary};
    if (!file)
        throw std::runtime_error{
            "no " + name + " in " PKITS_DATA ": Debian has it in python3-cryptography-vectors"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

Certificate certificate(const std::string &name)
{
    return test::certificate_of_der(file("certs/" + name + ".crt"));
}

/// Within the life of all certificates that are not about time.
Time now()
{
    return test::day(2025, 6, 1);
}

/// Nothing where the path is invalid.
std::optional<VerifiedChain> verified(const PkitsRow &row)
{
    const openssl::ErrorScope errors;
    const test::Store store{test::needed(X509_STORE_new())};
    test::needed(X509_STORE_add_cert(store.get(), certificate(row.anchor).x509()));
    const openssl::CertificatesPtr others{test::needed(sk_X509_new_null())};
    for (const auto &name : row.others)
        test::needed(X509_add_cert(others.get(), certificate(name).x509(), X509_ADD_FLAG_UP_REF));
    const auto leaf = certificate(row.leaf);
    const openssl::StoreContextPtr context{test::needed(X509_STORE_CTX_new())};
    test::needed(X509_STORE_CTX_init(context.get(), store.get(), leaf.x509(), others.get()));
    X509_STORE_CTX_set_time(context.get(), 0, now().time_since_epoch().count());
    if (X509_verify_cert(context.get()) != 1)
        return std::nullopt;
    return VerifiedChain::of(X509_STORE_CTX_get0_chain(context.get()));
}

CrlIssuers issuers(const PkitsRow &row)
{
    CrlIssuers issuers;
    issuers.add_trusted(test::store_of({{certificate(row.anchor), {}}}).get());
    for (const auto &name : row.others)
        issuers.add(certificate(name));
    return issuers;
}

/// The CRLs that may act; what is wrong with the others goes into `refused`.
test::IndexPtr index(const PkitsRow &row, std::map<std::string, std::string> &refused)
{
    const auto known = issuers(row);
    std::vector<NewRecord> records;
    for (const auto &name : row.crls) {
        auto crls = test::read_all(file("crls/" + name + ".crl"));
        if (!crls) {
            refused[name] = crls.error();
            continue;
        }
        auto read = std::move((*std::move(crls)).at(0));
        const auto signer = known.signer_of(read, now());
        if (!signer || !*signer)
            refused[name] = signer ? "issuer unknown" : signer.error();
        else
            records.push_back({std::move(read.info), **signer, name, std::move(read.entries)});
    }
    const test::File place;
    test::write(place, std::move(records));
    return test::mapped(place);
}

std::string outcome(const PkitsRow &row, std::map<std::string, std::string> &refused)
{
    const auto chain = verified(row);
    if (!chain)
        return "path-invalid";
    switch (check_revocation(*chain, *index(row, refused), {}, now()).reason) {
    case Reason::none:
        return "valid";
    case Reason::revoked:
        return "revoked";
    default:
        return "undetermined";
    }
}

/// OpenSSL 3.0 reads no DSA key whose parameters stand in the issuer's certificate.
constexpr const char *beyond_openssl = "4.1.5";

/// The CRLs of PKITS that must not act.
constexpr const char *bad_crls[] = {
    "BadCRLIssuerNameCACRL",
    "BadCRLSignatureCACRL",
    "BadSignedCACRL",
    "BadnotAfterDateCACRL",
    "BadnotBeforeDateCACRL",
    "DSAParametersInheritedCACRL",
    "TwoCRLsCABadCRL",
    "UnknownCRLEntryExtensionCACRL",
    "UnknownCRLExtensionCACRL",
    "keyUsageCriticalcRLSignFalseCACRL",
    "keyUsageNotCriticalcRLSignFalseCACRL",
};

class PkitsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PkitsTest);
    CPPUNIT_TEST(has_every_outcome_of_the_official_table);
    CPPUNIT_TEST(refuses_no_other_crls_than_those_that_are_made_to_be);
    CPPUNIT_TEST_SUITE_END();

    void has_every_outcome_of_the_official_table()
    {
        std::string wrong;
        for (const auto &row : pkits()) {
            std::map<std::string, std::string> refused;
            const auto actual = outcome(row, refused);
            if (actual == row.outcome || (row.test == beyond_openssl && actual == "path-invalid"))
                continue;
            wrong += '\n' + row.test + ": " + actual + " and not " + row.outcome;
            for (const auto &[name, why] : refused)
                wrong += "; " + name + ": " + why;
        }
        CPPUNIT_ASSERT_EQUAL(""s, wrong);
        CPPUNIT_ASSERT_EQUAL(std::size_t{104}, pkits().size());
    }

    void refuses_no_other_crls_than_those_that_are_made_to_be()
    {
        std::map<std::string, std::string> refused;
        for (const auto &row : pkits())
            index(row, refused);
        std::set<std::string> names;
        for (const auto &[name, why] : refused)
            names.insert(name);
        const std::set<std::string> expected{std::begin(bad_crls), std::end(bad_crls)};
        CPPUNIT_ASSERT(names == expected);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PkitsTest);

}  // namespace

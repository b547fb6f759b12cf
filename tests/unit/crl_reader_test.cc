// SPDX-License-Identifier: Apache-2.0
// What is in a CRL.
#include "crls.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

NameId id_of(const std::string &common_name)
{
    return name_id(Builder{}.subject("CN", common_name).certificate().subject());
}

constexpr std::string_view all_the_reasons{"\x00\x01\x02\x03\x04\x05\x06\x08\x09\x0a", 10};

CrlScope scope_of(const std::string &point)
{
    CrlParts parts;
    parts.extensions = extension(distribution_point_oid, point, true);
    return read_one(parts.der()).info.scope;
}

/// A CRL that OpenSSL made.
class OpensslCrl {
public:
    OpensslCrl() : crl_{needed(X509_CRL_new()), X509_CRL_free}
    {
        const auto name = Builder{}.subject("O", "Lab").subject("CN", "CA").certificate();
        needed(X509_CRL_set_issuer_name(crl_.get(), name.subject()));
        const openssl::StringPtr time{ASN1_TIME_set(nullptr, 1700000000)};
        needed(X509_CRL_set1_lastUpdate(crl_.get(), time.get()));
    }

    X509_CRL *get() { return crl_.get(); }

    void next_update(std::time_t time)
    {
        const openssl::StringPtr text{ASN1_TIME_set(nullptr, time)};
        needed(X509_CRL_set1_nextUpdate(crl_.get(), text.get()));
    }

    void revoke(long serial, std::time_t time, int reason = -1)
    {
        X509_REVOKED *revoked = needed(X509_REVOKED_new());
        const openssl::StringPtr number{needed(ASN1_INTEGER_new())};
        const openssl::StringPtr date{ASN1_TIME_set(nullptr, time)};
        ASN1_INTEGER_set(number.get(), serial);
        needed(X509_REVOKED_set_serialNumber(revoked, number.get()));
        needed(X509_REVOKED_set_revocationDate(revoked, date.get()));
        if (reason >= 0) {
            const openssl::StringPtr code{needed(ASN1_ENUMERATED_new())};
            ASN1_ENUMERATED_set(code.get(), reason);
            needed(X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, code.get(), 0, 0));
        }
        needed(X509_CRL_add0_revoked(crl_.get(), revoked));
    }

    std::string der(EVP_PKEY *key)
    {
        needed(X509_CRL_sign(crl_.get(), key, EVP_sha256()));
        std::string octets(static_cast<std::size_t>(i2d_X509_CRL(crl_.get(), nullptr)), '\0');
        auto *p = reinterpret_cast<unsigned char *>(octets.data());
        i2d_X509_CRL(crl_.get(), &p);
        return octets;
    }

private:
    std::shared_ptr<X509_CRL> crl_;
};

class CrlReaderTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlReaderTest);
    CPPUNIT_TEST(reads_what_openssl_made);
    CPPUNIT_TEST(reads_the_least_that_openssl_makes);
    CPPUNIT_TEST(reads_entries);
    CPPUNIT_TEST(reads_reasons);
    CPPUNIT_TEST(reads_odd_serial_numbers);
    CPPUNIT_TEST(reads_both_kinds_of_time);
    CPPUNIT_TEST(reads_numbers);
    CPPUNIT_TEST(reads_delta_crls);
    CPPUNIT_TEST(reads_key_identifiers);
    CPPUNIT_TEST(reads_scopes);
    CPPUNIT_TEST(reads_reasons_of_scopes);
    CPPUNIT_TEST(reads_names_of_scopes);
    CPPUNIT_TEST(completes_relative_names);
    CPPUNIT_TEST(hands_certificate_issuers_down);
    CPPUNIT_TEST(leaves_out_extensions_that_are_not_critical);
    CPPUNIT_TEST(takes_a_default_that_is_written_down);
    CPPUNIT_TEST_SUITE_END();

    void reads_what_openssl_made()
    {
        OpensslCrl made;
        const auto key = ec_key();
        X509_CRL_set_version(made.get(), X509_CRL_VERSION_2);
        made.next_update(2000000000);
        made.revoke(5, 1600000000);
        made.revoke(-300, 1600000001, 6);
        const openssl::StringPtr number{needed(ASN1_INTEGER_new())};
        ASN1_INTEGER_set(number.get(), 0x1234);
        needed(X509_CRL_add1_ext_i2d(made.get(), NID_crl_number, number.get(), 0, 0));
        const std::string der = made.der(key.get());
        auto crl = read_one(der);
        const auto issuer = Builder{}.subject("O", "Lab").subject("CN", "CA").certificate();
        CPPUNIT_ASSERT(crl.info.issuer_id == name_id(issuer.subject()));
        CPPUNIT_ASSERT(crl.info.this_update.time_since_epoch().count() == 1700000000);
        CPPUNIT_ASSERT(crl.info.next_update.time_since_epoch().count() == 2000000000);
        CPPUNIT_ASSERT_EQUAL("\x12\x34"s, crl.info.number.value());
        CPPUNIT_ASSERT(!crl.info.is_delta());
        CPPUNIT_ASSERT_EQUAL(""s, crl.info.authority_key_id);
        CPPUNIT_ASSERT(crl.info.scope == CrlScope{});
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, crl.info.entries);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{der.size()}, crl.info.size);
        CPPUNIT_ASSERT(crl.signature.verifies(key.get()));
        const Entries entries{std::move(crl.entries)};
        CPPUNIT_ASSERT(entries.find("\x05")->date.time_since_epoch().count() == 1600000000);
        CPPUNIT_ASSERT(entries.find("\xfe\xd4")->reason == CrlReason::certificate_hold);
        CPPUNIT_ASSERT(!entries.find("\x06"));
    }

    /// `openssl ca -gencrl` with a configuration that names no extensions.
    void reads_the_least_that_openssl_makes()
    {
        for (const bool has_entry : {false, true}) {
            OpensslCrl made;
            const auto key = rsa_key(2048);
            if (has_entry)
                made.revoke(5, 1600000000);
            auto crl = read_one(made.der(key.get()));
            CPPUNIT_ASSERT(!crl.info.number);
            CPPUNIT_ASSERT(crl.info.next_update == Time::max());
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{has_entry}, crl.info.entries);
            CPPUNIT_ASSERT(crl.signature.verifies(key.get()));
        }
    }

    void reads_entries()
    {
        auto crl = read_one(CrlParts{}.der());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, crl.info.entries);
        const Entries entries{std::move(crl.entries)};
        CPPUNIT_ASSERT(entries.find("\x05")->reason == CrlReason::unspecified);
        CPPUNIT_ASSERT(entries.find("\x05")->date ==
                       day(2025, 2, 3) + std::chrono::seconds{4 * 3600 + 5 * 60 + 6});
        CPPUNIT_ASSERT(entries.find("\x0a\xbc")->reason == CrlReason::key_compromise);
        CPPUNIT_ASSERT(!entries.find("\x0a"));
    }

    void reads_reasons()
    {
        CrlParts parts;
        parts.entries.clear();
        parts.extensions += extension(delta_oid, integer("\x01"), true);
        for (const char number : all_the_reasons) {
            const std::string more =
                extension(invalidity_date_oid, generalized_time("20250101000000Z")) +
                reason(number) + extension(private_oid, "");
            parts.entries += entry({1, number}, reason(number)) + entry({2, number}, more);
        }
        const Entries entries{read_one(parts.der()).entries};
        for (const char number : all_the_reasons)
            for (const auto &first : {"\x01"s, "\x02"s})
                CPPUNIT_ASSERT(entries.find(first + number)->reason ==
                               CrlReason{static_cast<std::uint8_t>(number)});
    }

    void reads_odd_serial_numbers()
    {
        const std::vector<std::string> serials{"\0"s,
                                               "\x80",
                                               "\xff",
                                               "\0\x80"s,
                                               std::string(20, '\x7f'),
                                               std::string(40, '\x7e'),
                                               std::string(200, '\x7d')};
        CrlParts parts;
        parts.entries.clear();
        for (const auto &serial : serials)
            parts.entries += entry(serial);
        const Entries entries{read_one(parts.der()).entries};
        for (const auto &serial : serials)
            CPPUNIT_ASSERT(entries.find(serial));
        CPPUNIT_ASSERT(!entries.find(std::string(20, '\x7d')));
    }

    void reads_both_kinds_of_time()
    {
        CrlParts parts;
        parts.updates = generalized_time("19991231235959Z") + utc_time("491231235959Z");
        parts.entries = entry("\x01", {}, utc_time("500101000000Z")) +
                        entry("\x02", {}, generalized_time("20240229120000Z")) +
                        entry("\x03", {}, generalized_time("20500101000000Z")) +
                        entry("\x04", {}, utc_time("240229120001Z"));
        auto crl = read_one(parts.der());
        CPPUNIT_ASSERT(crl.info.this_update == day(2000, 1, 1) - std::chrono::seconds{1});
        CPPUNIT_ASSERT(crl.info.next_update == day(2050, 1, 1) - std::chrono::seconds{1});
        const Entries entries{std::move(crl.entries)};
        CPPUNIT_ASSERT(entries.find("\x02")->date == day(2024, 2, 29) + std::chrono::hours{12});
        CPPUNIT_ASSERT(entries.find("\x03")->date == day(2050, 1, 1));
        CPPUNIT_ASSERT(entries.find("\x04")->date ==
                       day(2024, 2, 29) + std::chrono::seconds{12 * 3600 + 1});
    }

    void reads_numbers()
    {
        for (const auto &[contents, magnitude] :
             {std::pair{"\0"s, "\0"s},
              {"\x7f"s, "\x7f"s},
              {"\0\x80"s, "\x80"s},
              {"\x01\0"s, "\x01\0"s},
              {'\0' + std::string(20, '\xff'), std::string(20, '\xff')}}) {
            CrlParts parts;
            parts.extensions = extension(crl_number_oid, integer(contents));
            CPPUNIT_ASSERT_EQUAL(magnitude, read_one(parts.der()).info.number.value());
        }
    }

    void reads_delta_crls()
    {
        CrlParts parts;
        parts.extensions += extension(delta_oid, integer("\x03"), true);
        parts.entries += entry("\x01", reason(8));
        const auto crl = read_one(parts.der());
        CPPUNIT_ASSERT(crl.info.is_delta());
        CPPUNIT_ASSERT_EQUAL("\x03"s, crl.info.base_number.value());
        CPPUNIT_ASSERT_EQUAL("\x07"s, crl.info.number.value());
    }

    void reads_key_identifiers()
    {
        for (const auto &[contents, identifier] :
             {std::pair{element(0x80, "key"), "key"s}, {""s, ""s}}) {
            CrlParts parts;
            parts.extensions = extension(key_identifier_oid, sequence(contents));
            CPPUNIT_ASSERT_EQUAL(identifier, read_one(parts.der()).info.authority_key_id);
        }
    }

    void reads_scopes()
    {
        const std::string user = sequence(element(0x81, "\xff"));
        CPPUNIT_ASSERT_EQUAL(user, scope_of(user).der);
        CrlScope expected;
        expected.der = user;
        expected.only_user_certs = true;
        CPPUNIT_ASSERT(scope_of(user) == expected);
        CPPUNIT_ASSERT(scope_of(sequence(element(0x82, "\xff"))).only_ca_certs);
        CPPUNIT_ASSERT(scope_of(sequence(element(0x84, "\xff"))).indirect);
        CPPUNIT_ASSERT(scope_of(sequence(element(0x85, "\xff"))).only_attribute_certs);
        const auto both = scope_of(sequence(element(0x82, "\xff") + element(0x84, "\xff")));
        CPPUNIT_ASSERT(both.only_ca_certs && both.indirect && both.reasons == all_reasons);
    }

    void reads_reasons_of_scopes()
    {
        const auto reasons = [](const std::string &bits) {
            return scope_of(sequence(element(0x83, bits))).reasons;
        };
        CPPUNIT_ASSERT_EQUAL(ReasonSet{1 << 1}, reasons("\x06\x40"));
        CPPUNIT_ASSERT_EQUAL(ReasonSet{1 << 1 | 1 << 6}, reasons("\x01\x42"));
        CPPUNIT_ASSERT_EQUAL(ReasonSet{1 << 8}, reasons("\x07\x00\x80"s));
        CPPUNIT_ASSERT_EQUAL(all_reasons, reasons("\x07\x7f\x80"));
        CPPUNIT_ASSERT_EQUAL(all_reasons, reasons("\x07\xff\x80"));
    }

    void reads_names_of_scopes()
    {
        const std::string uri = element(0x86, "http://ca.example/1.crl");
        const std::string directory = element(0xa4, name_of("CRL1"));
        const auto scope = scope_of(sequence(element(0xa0, element(0xa0, uri + directory))));
        CPPUNIT_ASSERT((std::vector{uri, directory}) == scope.names);
    }

    void completes_relative_names()
    {
        const std::string part = sequence(element(0x06, "\x55\x04\x03") + element(0x0c, "CRL1"));
        const std::string ca = sequence(element(0x06, "\x55\x04\x03") + element(0x0c, "CA"));
        const auto scope = scope_of(sequence(element(0xa0, element(0xa1, part))));
        const std::string whole = sequence(element(0x31, ca) + element(0x31, part));
        CPPUNIT_ASSERT((std::vector{element(0xa4, whole)}) == scope.names);
    }

    void hands_certificate_issuers_down()
    {
        CrlParts parts;
        parts.extensions +=
            extension(distribution_point_oid, sequence(element(0x84, "\xff")), true);
        parts.entries = entry("\x01") + entry("\x02", certificate_issuer("Other")) +
                        entry("\x03", reason(1)) +
                        entry("\x04", certificate_issuer("Third", false) + reason(4)) +
                        entry("\x05", certificate_issuer("Third")) +
                        entry("\x06", certificate_issuer("CA")) + entry("\x07");
        const Entries entries{read_one(parts.der()).entries};
        const NameId other = id_of("Other");
        const NameId third = id_of("Third");
        const std::vector<const NameId *> issuers{nullptr, &other,  &other, &third,
                                                  &third,  nullptr, nullptr};
        for (std::size_t i = 0; i < issuers.size(); ++i)
            for (const NameId *issuer : {static_cast<const NameId *>(nullptr), &other, &third})
                CPPUNIT_ASSERT_EQUAL(
                    issuer == issuers[i],
                    entries.find({"\x01\x02\x03\x04\x05\x06\x07" + i, 1}, issuer).has_value());
    }

    void leaves_out_extensions_that_are_not_critical()
    {
        CrlParts parts;
        parts.extensions += extension(private_oid, "anything") + extension("\x2e", "\x30\0"s);
        parts.entries += entry("\x01", extension(private_oid, "anything"));
        CPPUNIT_ASSERT_EQUAL(""s, error_of(parts.der()));
    }

    void takes_a_default_that_is_written_down()
    {
        CrlParts parts;
        parts.extensions = sequence(element(0x06, "\x55\x1d\x14") + element(0x01, "\0"s) +
                                    element(0x04, integer("\x07")));
        CPPUNIT_ASSERT_EQUAL("\x07"s, read_one(parts.der()).info.number.value());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlReaderTest);

}  // namespace

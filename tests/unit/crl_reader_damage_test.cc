// SPDX-License-Identifier: Apache-2.0
// CRLs in pieces, cut off, changed; and large ones, which two threads read.
#include "crls.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using namespace test;

/// With something of everything.
CrlParts rich_parts()
{
    const std::string point =
        sequence(element(0xa0, element(0xa0, element(0xa4, name_of("CRL1")))) +
                 element(0x83, "\x06\x40") + element(0x84, "\xff"));
    CrlParts parts;
    parts.updates = utc_time("250101000000Z") + generalized_time("20510101000000Z");
    parts.entries +=
        entry("\x03", certificate_issuer("Other") + reason(5),
              generalized_time("20500101000000Z")) +
        entry("\x04", extension(invalidity_date_oid, generalized_time("20250101000000Z")));
    parts.extensions += extension(key_identifier_oid, sequence(element(0x80, "key"))) +
                        extension(distribution_point_oid, point, true) +
                        extension(delta_oid, integer("\x02"), true);
    return parts;
}

/// All that was read, for comparison.
std::string told(ReadCrl crl)
{
    std::string text = crl.info.issuer + lower_hex(crl.info.issuer_id) +
                       rfc3339(crl.info.this_update) + rfc3339(crl.info.next_update) +
                       crl.info.number.value_or("-") + crl.info.base_number.value_or("-") +
                       crl.info.authority_key_id + crl.info.scope.der +
                       std::to_string(crl.info.entries) + ' ' + std::to_string(crl.info.size) +
                       crl.signature.algorithm + crl.signature.value + crl.signature.digest +
                       crl.signature.to_be_signed;
    const NameId other = name_id(Builder{}.subject("CN", "Other").certificate().subject());
    const Entries entries{std::move(crl.entries)};
    for (const auto &serial : {"\x03"s, "\x04"s, "\x05"s, "\x0a\xbc"s})
        for (const NameId *issuer : {static_cast<const NameId *>(nullptr), &other})
            if (const auto found = entries.find(serial, issuer))
                text +=
                    ' ' + std::to_string(static_cast<int>(found->reason)) + rfc3339(found->date);
    return text;
}

std::string told(std::string_view octets, std::size_t step)
{
    MemorySource source{octets, step};
    auto crls = read_all(source);
    return crls ? told(std::move((*std::move(crls)).at(0))) : "error: " + crls.error();
}

/// More than the two threads' limit.
class LargeCrl {
public:
    LargeCrl() : key_{ec_key()}
    {
        CrlParts parts;
        parts.entries.clear();
        parts.entries.reserve(count * 45);
        for (std::size_t i = 0; i < count; ++i)
            parts.entries += entry(serial(i), i % 2 == 0 ? std::string{} : reason(1));
        der_ = parts.signed_der(key_.get());
    }

    static std::string serial(std::size_t i)
    {
        std::string serial(16, 'x');
        for (int at = 15; i > 0; i >>= 8, --at)
            serial[static_cast<std::size_t>(at)] = static_cast<char>(i);
        return serial;
    }

    const std::string &der() const { return der_; }
    EVP_PKEY *key() const { return key_.get(); }

    static constexpr std::size_t count = 250000;

private:
    Key key_;
    std::string der_;
};

/// Throws where it should give the octet at `position`.
class ThrowingSource : public OctetSource {
public:
    ThrowingSource(std::string_view octets, std::size_t position)
        : memory_{octets.substr(0, position)}
    {
    }

    Result<std::size_t> read(std::span<std::uint8_t> place) override
    {
        auto count = memory_.read(place);
        if (*count == 0)
            throw std::runtime_error{"thrown"};
        return count;
    }

private:
    MemorySource memory_;
};

class CrlReaderDamageTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlReaderDamageTest);
    CPPUNIT_TEST(reads_the_same_in_any_pieces);
    CPPUNIT_TEST(reads_elements_across_pieces);
    CPPUNIT_TEST(refuses_crls_that_are_cut_off);
    CPPUNIT_TEST(verifies_nothing_that_was_changed);
    CPPUNIT_TEST(survives_noise);
    CPPUNIT_TEST(reads_large_crls);
    CPPUNIT_TEST(refuses_large_crls_with_a_fault);
    CPPUNIT_TEST(passes_errors_of_the_source_on_from_large_crls);
    CPPUNIT_TEST(passes_exceptions_of_the_source_on);
    CPPUNIT_TEST_SUITE_END();

    void reads_the_same_in_any_pieces()
    {
        const std::string der = rich_parts().signed_der(ec_key().get());
        const std::string expected = told(der, der.size());
        CPPUNIT_ASSERT(!expected.starts_with("error"));
        for (const std::string &octets : {der, pem_of(der), "text\n" + pem_of(der, 76, "\r\n")})
            for (std::size_t step = 1; step < octets.size(); ++step)
                CPPUNIT_ASSERT_EQUAL(expected, told(octets, step));
    }

    /// Each of many sizes has its elements somewhere else in the pieces.
    void reads_elements_across_pieces()
    {
        CrlParts parts;
        parts.entries.clear();
        for (std::size_t size = 0; size < 400; ++size)
            parts.entries += entry({1, static_cast<char>(size >> 8), static_cast<char>(size)},
                                   extension(private_oid, std::string(size * 7, 'x')));
        const std::string der = parts.der();
        CPPUNIT_ASSERT(der.size() > 500000);
        for (const std::string &octets : {der, pem_of(der), pem_of(der, 76)}) {
            auto crl = read_one(octets);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{400}, crl.info.entries);
            const Sha256 digest = sha256(octets_of(parts.tbs()));
            CPPUNIT_ASSERT_EQUAL(lower_hex(digest), lower_hex(octets_of(crl.signature.digest)));
            const Entries entries{std::move(crl.entries)};
            for (std::size_t size = 0; size < 400; ++size)
                CPPUNIT_ASSERT(entries.find(
                    {"\x01"s + static_cast<char>(size >> 8) + static_cast<char>(size)}));
        }
    }

    void refuses_crls_that_are_cut_off()
    {
        const std::string der = rich_parts().signed_der(ec_key().get());
        for (std::size_t size = 0; size < der.size(); ++size)
            CPPUNIT_ASSERT(!error_of(std::string_view{der}.substr(0, size)).empty());
        const std::string pem = pem_of(der);
        for (std::size_t size = 0; size < pem.size() - 1; ++size)
            CPPUNIT_ASSERT(!error_of(std::string_view{pem}.substr(0, size)).empty());
        CPPUNIT_ASSERT_EQUAL(""s, error_of(pem.substr(0, pem.size() - 1)));
    }

    void verifies_nothing_that_was_changed()
    {
        const auto key = ec_key();
        const std::string der = rich_parts().signed_der(key.get());
        CPPUNIT_ASSERT(read_one(der).signature.verifies(key.get()));
        for (std::size_t i = 0; i < der.size(); ++i)
            for (const int change : {0x01, 0x80, 0x20, 0xff}) {
                std::string changed = der;
                changed[i] = static_cast<char>(changed[i] ^ change);
                const auto crls = read_all(changed);
                CPPUNIT_ASSERT(!crls || crls->empty() ||
                               !crls->front().signature.verifies(key.get()));
            }
    }

    void survives_noise()
    {
        Chance chance{20260301};
        const std::string der = rich_parts().der();
        for (int i = 0; i < 20000; ++i) {
            std::string noise = der;
            for (std::size_t changes = 1 + chance.below(4); changes > 0; --changes)
                switch (const std::size_t at = chance.below(noise.size()); chance.below(3)) {
                case 0:
                    noise[at] = static_cast<char>(chance.below(256));
                    break;
                case 1:
                    noise.erase(at, chance.below(8));
                    break;
                default:
                    noise.insert(at, chance.octets(chance.below(8)));
                }
            (void)read_all(chance.one_in(8) ? pem_of(noise) : noise);
        }
    }

    void reads_large_crls()
    {
        const LargeCrl large;
        CPPUNIT_ASSERT(large.der().size() > std::size_t{8} * 1024 * 1024);
        for (const auto &octets : {large.der(), pem_of(large.der())}) {
            auto crl = read_one(octets);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{LargeCrl::count}, crl.info.entries);
            CPPUNIT_ASSERT(crl.signature.verifies(large.key()));
            const Entries entries{std::move(crl.entries)};
            for (std::size_t i = 0; i < LargeCrl::count; i += 1000)
                CPPUNIT_ASSERT(entries.find(LargeCrl::serial(i))->reason ==
                               CrlReason{static_cast<std::uint8_t>(i % 2)});
            CPPUNIT_ASSERT(!entries.find(LargeCrl::serial(LargeCrl::count)));
        }
    }

    void refuses_large_crls_with_a_fault()
    {
        const LargeCrl large;
        CPPUNIT_ASSERT(error_of(large.der().substr(0, large.der().size() - 10))
                           .starts_with("it ends within its signature"));
        CPPUNIT_ASSERT_EQUAL("octets follow the CRL"s, error_of(large.der() + 'x'));
        for (const std::size_t entry :
             {0UL, 1UL, 1000UL, LargeCrl::count / 2, LargeCrl::count - 1}) {
            std::string changed = large.der();
            changed[changed.find(LargeCrl::serial(entry)) - 2] = 0x0a;
            CPPUNIT_ASSERT_EQUAL("its entry number " + std::to_string(entry + 1) +
                                     " has no serial number, or one that is malformed",
                                 error_of(changed));
        }
    }

    void passes_errors_of_the_source_on_from_large_crls()
    {
        const LargeCrl large;
        for (const std::size_t position :
             {std::size_t{300000}, std::size_t{5000000}, large.der().size()}) {
            MemorySource source{large.der()};
            source.breaks_at(position);
            const auto crls = read_all(source);
            CPPUNIT_ASSERT_EQUAL("the disk is broken"s, crls ? ""s : crls.error());
        }
    }

    void passes_exceptions_of_the_source_on()
    {
        const LargeCrl large;
        for (const std::size_t position :
             {std::size_t{0}, std::size_t{300000}, std::size_t{5000000}}) {
            ThrowingSource source{large.der(), position};
            CPPUNIT_ASSERT_THROW((void)read_all(source), std::runtime_error);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrlReaderDamageTest);

}  // namespace

// SPDX-License-Identifier: Apache-2.0
#include "pki.hh"

#include <clientcert/evidence.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::Chance;

// Where the fields of session data stand (evidence.cc).
constexpr std::size_t mark_at = 1;
constexpr std::size_t trust_at = mark_at + Certificate::mark_size;
constexpr std::size_t error_at = trust_at + sizeof(TrustId);
constexpr std::size_t valid_until_at = error_at + 8;
constexpr std::size_t verified_at = valid_until_at + 8;

const Certificate &leaf()
{
    static const Certificate leaf = test::certificate_of_file("rfc9440/leaf.pem");
    return leaf;
}

Evidence evidence()
{
    Evidence evidence;
    evidence.leaf = leaf();
    evidence.chain = {test::certificate_of_file("rfc9440/intermediate.pem"),
                      test::certificate_of_file("rfc9440/root.pem")};
    evidence.verification = {
        {1, 2, 3, 0xff},
        X509_V_ERR_CERT_REVOKED,
        leaf().not_after(),
        {{{{7}, {8}, "\x10\x01", true, "points"}, {{9}, {1}, "", false, ""}}, {5}}};
    return evidence;
}

/// A number of eight octets.
std::string number(std::uint64_t value)
{
    std::string octets;
    for (int shift = 56; shift >= 0; shift -= 8)
        octets += static_cast<char>(value >> shift & 0xff);
    return octets;
}

/// Behind the length and the octets of the verified chain.
std::size_t chain_at()
{
    return verified_at + 8 + evidence().verification->chain.encoded().size();
}

void is_unverified(std::string_view data)
{
    const Evidence resumed = resumed_evidence(leaf(), data);
    CPPUNIT_ASSERT(!resumed.verification);
    CPPUNIT_ASSERT(resumed.chain_der().empty());
    CPPUNIT_ASSERT_EQUAL(leaf().der(), resumed.leaf->der());
}

class EvidenceTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(EvidenceTest);
    CPPUNIT_TEST(is_of_nobody_until_there_is_a_leaf);
    CPPUNIT_TEST(comes_back_from_a_session);
    CPPUNIT_TEST(comes_back_with_every_error_and_time);
    CPPUNIT_TEST(comes_back_without_the_chain_where_it_was_left_out);
    CPPUNIT_TEST(is_nothing_to_a_session_that_its_chain_would_burst);
    CPPUNIT_TEST(is_carried_on_from_session_to_session);
    CPPUNIT_TEST(is_nothing_to_a_session_without_leaf_or_verification);
    CPPUNIT_TEST(is_unverified_where_the_session_is_cut_off_anywhere);
    CPPUNIT_TEST(is_unverified_where_something_follows);
    CPPUNIT_TEST(is_unverified_for_another_version);
    CPPUNIT_TEST(is_unverified_for_another_leaf);
    CPPUNIT_TEST(is_unverified_where_a_length_is_huge);
    CPPUNIT_TEST(is_unverified_where_a_certificate_is_empty);
    CPPUNIT_TEST(is_unverified_where_the_error_is_no_code);
    CPPUNIT_TEST(never_takes_random_octets_for_a_verification);
    CPPUNIT_TEST(never_lives_on_a_changed_octet_of_the_leaf);
    CPPUNIT_TEST_SUITE_END();

    void is_of_nobody_until_there_is_a_leaf()
    {
        const Evidence none;
        CPPUNIT_ASSERT(!none.leaf);
        CPPUNIT_ASSERT(!none.verification);
        CPPUNIT_ASSERT(none.chain_der().empty());
    }

    void comes_back_from_a_session()
    {
        const Evidence original = evidence();
        const Evidence resumed = resumed_evidence(leaf(), session_data(original, true));
        CPPUNIT_ASSERT(resumed.leaf->x509() == leaf().x509());
        CPPUNIT_ASSERT(resumed.proven);
        CPPUNIT_ASSERT(resumed.chain.empty());
        CPPUNIT_ASSERT(original.chain_der() == resumed.chain_der());
        CPPUNIT_ASSERT_EQUAL(2UL, resumed.chain_der().size());
        CPPUNIT_ASSERT(original.verification->trust == resumed.verification->trust);
        CPPUNIT_ASSERT_EQUAL(original.verification->x509_error, resumed.verification->x509_error);
        CPPUNIT_ASSERT(original.verification->valid_until == resumed.verification->valid_until);
        CPPUNIT_ASSERT(original.verification->chain == resumed.verification->chain);
    }

    void comes_back_with_every_error_and_time()
    {
        Evidence original = evidence();
        for (const int error : {0, 1, 94, 255, 256, 65536, std::numeric_limits<int>::max()})
            for (const auto &time : {Time{}, Time{std::chrono::seconds{-1}},
                                     test::day(9999, 12, 31), Time::min(), Time::max()}) {
                original.verification = {{9}, error, time};
                const auto resumed = resumed_evidence(leaf(), session_data(original, false));
                CPPUNIT_ASSERT_EQUAL(error, resumed.verification->x509_error);
                CPPUNIT_ASSERT(time == resumed.verification->valid_until);
            }
    }

    void comes_back_without_the_chain_where_it_was_left_out()
    {
        const std::string data = session_data(evidence(), false);
        CPPUNIT_ASSERT_EQUAL(chain_at(), data.size());
        const Evidence resumed = resumed_evidence(leaf(), data);
        CPPUNIT_ASSERT(resumed.verification);
        CPPUNIT_ASSERT(resumed.chain_der().empty());
    }

    void is_nothing_to_a_session_that_its_chain_would_burst()
    {
        Evidence large = evidence();
        large.chain.clear();
        const auto verified = large.verification->chain.encoded().size();
        large.carried_chain = {std::string(16 * 1024 - 8 - verified, 'x')};
        CPPUNIT_ASSERT(resumed_evidence(leaf(), session_data(large, true)).verification);
        large.carried_chain[0] += 'x';
        CPPUNIT_ASSERT_EQUAL(""s, session_data(large, true));
        CPPUNIT_ASSERT(resumed_evidence(leaf(), session_data(large, false)).verification);
        auto &points = large.verification->chain.links[0].crl_points;
        points.assign(16 * 1000, 'x');
        points.append(16 * 1024 - large.verification->chain.encoded().size(), 'x');
        CPPUNIT_ASSERT(resumed_evidence(leaf(), session_data(large, false)).verification);
        points += 'x';
        CPPUNIT_ASSERT_EQUAL(""s, session_data(large, false));
    }

    void is_carried_on_from_session_to_session()
    {
        const std::string data = session_data(evidence(), true);
        CPPUNIT_ASSERT_EQUAL(data, session_data(resumed_evidence(leaf(), data), true));
    }

    void is_nothing_to_a_session_without_leaf_or_verification()
    {
        Evidence without_leaf = evidence();
        without_leaf.leaf.reset();
        CPPUNIT_ASSERT_EQUAL(""s, session_data(without_leaf, true));
        Evidence unverified = evidence();
        unverified.verification.reset();
        CPPUNIT_ASSERT_EQUAL(""s, session_data(unverified, true));
        is_unverified("");
    }

    void is_unverified_where_the_session_is_cut_off_anywhere()
    {
        const std::string data = session_data(evidence(), true);
        const auto first_ends = chain_at() + 8 + evidence().chain[0].der().size();
        for (std::size_t size = 0; size < data.size(); ++size)
            if (size != chain_at() && size != first_ends)  // there the chain is shorter, but whole
                is_unverified({data.data(), size});
    }

    void is_unverified_where_something_follows()
    {
        for (const bool with_chain : {false, true})
            for (std::size_t size = 1; size < 8; ++size)
                is_unverified(session_data(evidence(), with_chain) + std::string(size, '\0'));
        is_unverified(session_data(evidence(), true) + "trailing garbage");
    }

    void is_unverified_for_another_version()
    {
        std::string data = session_data(evidence(), true);
        for (int version = 0; version < 256; ++version) {
            if (static_cast<char>(version) == session_data(evidence(), true)[0])
                continue;
            data[0] = static_cast<char>(version);
            is_unverified(data);
        }
    }

    void is_unverified_for_another_leaf()
    {
        const auto other = Builder{}.subject("CN", "BC").certificate();
        const Evidence resumed = resumed_evidence(other, session_data(evidence(), true));
        CPPUNIT_ASSERT(!resumed.verification);
        CPPUNIT_ASSERT(resumed.carried_chain.empty());
        CPPUNIT_ASSERT_EQUAL(other.der(), resumed.leaf->der());
    }

    void is_unverified_where_a_length_is_huge()
    {
        const std::string data = session_data(evidence(), false);
        for (const std::uint64_t size :
             {std::uint64_t{2}, std::uint64_t{1} << 31, std::uint64_t{1} << 32,
              std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7})
            is_unverified(data + number(size) + "x");
    }

    void is_unverified_where_a_certificate_is_empty()
    {
        is_unverified(session_data(evidence(), false) + number(0));
    }

    void is_unverified_where_the_error_is_no_code()
    {
        // Cut down to an int, some of these would be X509_V_OK.
        std::string data = session_data(evidence(), false);
        for (const std::uint64_t error :
             {std::uint64_t{1} << 32, std::uint64_t{1} << 63, (std::uint64_t{1} << 40) + 23}) {
            data.replace(error_at, 8, number(error));
            is_unverified(data);
        }
    }

    void never_takes_random_octets_for_a_verification()
    {
        Chance chance{8446};
        for (int i = 0; i < 20'000; ++i)
            is_unverified(chance.octets(chance.below(200)));
        const std::string start = session_data(evidence(), false).substr(0, 1);
        for (int i = 0; i < 20'000; ++i)
            is_unverified(start + chance.octets(chance.below(200)));
        // What stands behind a whole head: a chain or nothing, and no crash.
        const std::string head = session_data(evidence(), false);
        for (int i = 0; i < 20'000; ++i)
            (void)resumed_evidence(leaf(),
                                   head + chance.text(chance.below(40), "\0\0\0\0\1\2\x08\xff"s));
    }

    void never_lives_on_a_changed_octet_of_the_leaf()
    {
        std::string data = session_data(evidence(), true);
        for (std::size_t i = mark_at; i < trust_at; ++i) {
            data[i] = static_cast<char>(data[i] ^ 1);
            is_unverified(data);
            data[i] = static_cast<char>(data[i] ^ 1);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EvidenceTest);

}  // namespace

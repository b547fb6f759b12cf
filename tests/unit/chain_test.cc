// SPDX-License-Identifier: Apache-2.0
#include "trusts.hh"

#include <clientcert/chain.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;
using test::Chance;
using test::Identity;

VerifiedChain chain_of(std::initializer_list<Identity> identities)
{
    const openssl::CertificatesPtr chain{test::needed(sk_X509_new_null())};
    for (const auto &identity : identities) {
        X509 *x509 = identity.certificate.x509();
        X509_up_ref(x509);
        test::needed(sk_X509_push(chain.get(), x509));
    }
    return VerifiedChain::of(chain.get());
}

NameId subject_of(const Identity &identity)
{
    return name_id(identity.certificate.subject());
}

KeyId key_of(const Identity &identity)
{
    return key_id(identity.certificate.x509());
}

template <typename T>
T random_id(Chance &chance)
{
    T id;
    for (auto &octet : id)
        octet = static_cast<std::uint8_t>(chance.below(256));
    return id;
}

VerifiedChain random_chain(Chance &chance)
{
    const auto sizes = std::to_array<std::size_t>({0, 1, 20, 127, 128, 254, 255, 256, 65536});
    VerifiedChain chain;
    chain.anchor = random_id<KeyId>(chance);
    for (std::size_t i = chance.below(5); i > 0; --i)
        chain.links.push_back({random_id<NameId>(chance), random_id<KeyId>(chance),
                               chance.octets(chance.one_of(sizes)), chance.one_in(2),
                               chance.octets(chance.one_of(sizes))});
    return chain;
}

class ChainTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChainTest);
    CPPUNIT_TEST(tells_of_each_certificate_who_issued_it);
    CPPUNIT_TEST(has_the_serial_as_it_is_encoded);
    CPPUNIT_TEST(tells_authorities_by_their_basic_constraints);
    CPPUNIT_TEST(keeps_the_distribution_points_as_they_are);
    CPPUNIT_TEST(has_a_link_for_a_leaf_that_is_trusted_itself);
    CPPUNIT_TEST(names_a_key_whatever_certificate_it_is_in);
    CPPUNIT_TEST(tells_curves_apart_that_share_a_point);
    CPPUNIT_TEST(survives_encoding);
    CPPUNIT_TEST(takes_few_octets);
    CPPUNIT_TEST(decodes_nothing_that_is_not_whole);
    CPPUNIT_TEST(decodes_each_chain_from_one_sequence_only);
    CPPUNIT_TEST_SUITE_END();

    const Identity root_ = test::authority("Root");
    const Identity middle_ =
        Builder{}.subject("CN", "Middle").serial("1234").authority().issued_by(root_);

    void tells_of_each_certificate_who_issued_it()
    {
        const Identity leaf = Builder{}.subject("CN", "alice").serial("05").issued_by(middle_);
        const auto chain = chain_of({leaf, middle_, root_});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, chain.links.size());
        const ChainLink expected_leaf{subject_of(middle_), key_of(middle_), "\x05", false, {}};
        const ChainLink expected_middle{subject_of(root_), key_of(root_), "\x12\x34", true, {}};
        CPPUNIT_ASSERT(chain.links[0] == expected_leaf);
        CPPUNIT_ASSERT(chain.links[1] == expected_middle);
        CPPUNIT_ASSERT(chain.anchor == key_of(root_));
    }

    void has_the_serial_as_it_is_encoded()
    {
        const auto serial = [&](const std::string &hex) {
            const Identity leaf = Builder{}.subject("CN", "a").serial(hex).issued_by(root_);
            return chain_of({leaf, root_}).links.at(0).serial;
        };
        CPPUNIT_ASSERT_EQUAL("\0"s, serial("00"));
        CPPUNIT_ASSERT_EQUAL("\x7f"s, serial("7f"));
        CPPUNIT_ASSERT_EQUAL("\0\x80"s, serial("80"));
        CPPUNIT_ASSERT_EQUAL("\xff"s, serial("-1"));
        CPPUNIT_ASSERT_EQUAL("\xff\x7f"s, serial("-81"));
        CPPUNIT_ASSERT_EQUAL("\0"s + std::string(20, '\xab'),
                             serial(lower_hex(octets_of(std::string(20, '\xab')))));
        CPPUNIT_ASSERT_EQUAL("\0"s + std::string(200, '\xab'),
                             serial(lower_hex(octets_of(std::string(200, '\xab')))));
        CPPUNIT_ASSERT_EQUAL(std::string(300, '\x11'),
                             serial(lower_hex(octets_of(std::string(300, '\x11')))));
    }

    void tells_authorities_by_their_basic_constraints()
    {
        const auto is_ca = [&](const char *constraints) {
            Builder builder;
            builder.subject("CN", "a");
            if (constraints != nullptr)
                builder.extension("basicConstraints", constraints);
            return chain_of({builder.issued_by(root_), root_}).links.at(0).is_ca;
        };
        CPPUNIT_ASSERT(is_ca("critical,CA:TRUE"));
        CPPUNIT_ASSERT(is_ca("CA:TRUE"));
        CPPUNIT_ASSERT(!is_ca("CA:FALSE"));
        CPPUNIT_ASSERT(!is_ca(nullptr));
    }

    void keeps_the_distribution_points_as_they_are()
    {
        const Identity leaf = Builder{}
                                  .subject("CN", "a")
                                  .extension("crlDistributionPoints", "URI:http://a/b")
                                  .issued_by(root_);
        CPPUNIT_ASSERT_EQUAL("\x30\x12\x30\x10\xa0\x0e\xa0\x0c\x86\x0ahttp://a/b"s,
                             chain_of({leaf, root_}).links.at(0).crl_points);
    }

    void has_a_link_for_a_leaf_that_is_trusted_itself()
    {
        const auto own = chain_of({root_});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, own.links.size());
        CPPUNIT_ASSERT(own.anchor == key_of(root_));
        CPPUNIT_ASSERT(own.links[0].issuer_key == key_of(root_));

        const auto partial = chain_of({middle_});
        CPPUNIT_ASSERT(partial.anchor == key_of(middle_));
        CPPUNIT_ASSERT(partial.links.at(0).issuer == subject_of(root_));
        CPPUNIT_ASSERT(partial.links.at(0).issuer_key == KeyId{});
    }

    void names_a_key_whatever_certificate_it_is_in()
    {
        const Identity again = Builder{}.subject("CN", "Other").key(middle_.key).self_signed();
        CPPUNIT_ASSERT(key_of(again) == key_of(middle_));
        CPPUNIT_ASSERT(key_of(root_) != key_of(middle_));
    }

    void tells_curves_apart_that_share_a_point()
    {
        // The same certificate, with the name of another curve of the same size in its key.
        std::string der = middle_.certificate.der();
        const auto curve = der.find("\x2a\x86\x48\xce\x3d\x03\x01\x07"s);
        CPPUNIT_ASSERT(curve != der.npos);
        der[curve + 7] = '\x06';
        const auto other = test::certificate_of_der(der);
        CPPUNIT_ASSERT(key_id(other.x509()) != key_of(middle_));
    }

    void survives_encoding()
    {
        Chance chance{1};
        for (int i = 0; i < 300; ++i) {
            const auto chain = random_chain(chance);
            const auto decoded = VerifiedChain::decoded(chain.encoded());
            CPPUNIT_ASSERT(decoded && *decoded == chain);
        }
    }

    void takes_few_octets()
    {
        const Identity leaf = Builder{}.subject("CN", "alice").serial("05").issued_by(middle_);
        const auto octets = chain_of({leaf, middle_, root_}).encoded();
        CPPUNIT_ASSERT_EQUAL(std::size_t{17 + (32 + 2 + 1 + 1) + (32 + 3 + 1 + 1)}, octets.size());
    }

    void decodes_nothing_that_is_not_whole()
    {
        Chance chance{2};
        for (int i = 0; i < 50; ++i) {
            auto chain = random_chain(chance);
            for (auto &link : chain.links)
                link.crl_points.resize(std::min<std::size_t>(link.crl_points.size(), 300));
            const auto octets = chain.encoded();
            for (std::size_t size = 0; size < std::min<std::size_t>(octets.size(), 1200); ++size)
                CPPUNIT_ASSERT(!VerifiedChain::decoded({octets.data(), size}));
            CPPUNIT_ASSERT(!VerifiedChain::decoded(octets + '\0'));
        }
        CPPUNIT_ASSERT(!VerifiedChain::decoded(""));
        CPPUNIT_ASSERT(!VerifiedChain::decoded(std::string(15, 'a')));
        CPPUNIT_ASSERT(!VerifiedChain::decoded(std::string(16, 'a') + '\1'));
    }

    void decodes_each_chain_from_one_sequence_only()
    {
        Chance chance{3};
        const std::string head = std::string(16, 'a') + '\1' + std::string(32, 'a');
        CPPUNIT_ASSERT(VerifiedChain::decoded(head + "\1s\1\1p"));
        CPPUNIT_ASSERT(!VerifiedChain::decoded(head + "\1s\2\1p"));
        CPPUNIT_ASSERT(!VerifiedChain::decoded(head + "\xff\0\0\0\1s\1\1p"s));
        for (int i = 0; i < 20000; ++i) {
            auto octets = random_chain(chance).encoded().substr(0, 400);
            octets[chance.below(octets.size())] = static_cast<char>(chance.below(256));
            const auto decoded = VerifiedChain::decoded(octets);
            CPPUNIT_ASSERT(!decoded || decoded->encoded() == octets);
        }
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ChainTest);

}  // namespace

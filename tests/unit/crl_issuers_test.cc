// SPDX-License-Identifier: Apache-2.0
#include "crls.hh"
#include "signed_crls.hh"

#include <clientcert/crl_issuers.hh>

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::authority;
using test::Builder;
using test::Identity;
using test::now;

/// Signed by OpenSSL.
struct SignedCrl {
    const Identity &issuer;
    std::string key_id;  ///< of authorityKeyIdentifier, empty for none

    ReadCrl read() const
    {
        test::CrlMaker maker;
        if (!key_id.empty())
            maker.authority_key_id(key_id);
        return test::read_one(maker.der_by(issuer));
    }
};

KeyId key_of(const Identity &identity)
{
    return key_id(identity.certificate.x509());
}

CrlIssuers trusting(std::initializer_list<Identity> authorities,
                    std::initializer_list<Identity> others = {})
{
    CrlIssuers issuers;
    issuers.add_trusted(test::store_of(authorities).get());
    for (const auto &other : others)
        issuers.add(other.certificate);
    return issuers;
}

Signer signer(const CrlIssuers &issuers, const SignedCrl &crl, Time at = now())
{
    const auto signer = issuers.signer_of(crl.read(), at);
    CPPUNIT_ASSERT_MESSAGE(signer ? "" : signer.error(), signer);
    CPPUNIT_ASSERT_MESSAGE("the issuer is unknown", *signer);
    return **signer;
}

std::string error(const CrlIssuers &issuers, const SignedCrl &crl, Time at = now())
{
    const auto signer = issuers.signer_of(crl.read(), at);
    return signer ? *signer ? "no error" : "the issuer is unknown" : signer.error();
}

bool is_unknown(const CrlIssuers &issuers, const SignedCrl &crl)
{
    return error(issuers, crl) == "the issuer is unknown";
}

using Keys = std::vector<KeyId>;

class CrlIssuersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(CrlIssuersTest);
    CPPUNIT_TEST(knows_a_trusted_authority);
    CPPUNIT_TEST(knows_an_intermediate_that_was_added);
    CPPUNIT_TEST(says_whether_a_certificate_is_new);
    CPPUNIT_TEST(does_not_know_another_name);
    CPPUNIT_TEST(refuses_a_wrong_signature);
    CPPUNIT_TEST(waits_for_the_certificate_with_the_key_identifier);
    CPPUNIT_TEST(takes_a_key_identifier_for_no_more_than_a_hint);
    CPPUNIT_TEST(tells_the_keys_of_a_name_apart);
    CPPUNIT_TEST(accepts_version_1_authorities);
    CPPUNIT_TEST(asks_for_crl_sign_where_there_is_a_key_usage);
    CPPUNIT_TEST(takes_the_certificate_of_a_key_that_may_sign_crls);
    CPPUNIT_TEST(refuses_a_certificate_without_a_path);
    CPPUNIT_TEST(refuses_a_path_that_openssl_does_not_accept);
    CPPUNIT_TEST(refuses_expired_authorities);
    CPPUNIT_TEST(knows_a_separate_signer);
    CPPUNIT_TEST(finds_every_anchor_behind_cross_certificates);
    CPPUNIT_TEST(finds_the_anchors_of_all_virtual_hosts);
    CPPUNIT_TEST(ends_partial_chains_only_where_the_store_allows_them);
    CPPUNIT_TEST(ends_with_what_is_trusted_for_clients);
    CPPUNIT_TEST(looks_into_directories_of_hash_links);
    CPPUNIT_TEST(does_not_change_the_stores);
    CPPUNIT_TEST(ends_with_many_certificates_of_one_name);
    CPPUNIT_TEST(leaves_no_error_behind_for_mod_ssl);
    CPPUNIT_TEST_SUITE_END();

    const Identity root_ = authority("Root");
    const Identity other_root_ = authority("Other root");
    const Identity middle_ = Builder{}.subject("CN", "Middle").authority().issued_by(root_);

    void knows_a_trusted_authority()
    {
        const auto found = signer(trusting({other_root_, root_}), {root_, {}});
        CPPUNIT_ASSERT(found.key == key_of(root_));
        CPPUNIT_ASSERT(found.anchors == Keys{key_of(root_)});
        CPPUNIT_ASSERT(found.path.empty());
    }

    void knows_an_intermediate_that_was_added()
    {
        const auto found = signer(trusting({root_}, {middle_}), {middle_, {}});
        CPPUNIT_ASSERT(found.key == key_of(middle_));
        CPPUNIT_ASSERT(found.anchors == Keys{key_of(root_)});
        const ChainLink link{name_id(root_.certificate.subject()), key_of(root_), "\1", true, {}};
        CPPUNIT_ASSERT(found.path == std::vector{link});
    }

    void says_whether_a_certificate_is_new()
    {
        CrlIssuers issuers;
        CPPUNIT_ASSERT(issuers.add(middle_.certificate));
        CPPUNIT_ASSERT(issuers.add(root_.certificate));
        CPPUNIT_ASSERT(!issuers.add(test::certificate_of_der(middle_.certificate.der())));
    }

    void does_not_know_another_name()
    {
        CPPUNIT_ASSERT(is_unknown(trusting({root_}), {middle_, {}}));
        CPPUNIT_ASSERT(is_unknown(trusting({}), {root_, {}}));
    }

    void refuses_a_wrong_signature()
    {
        const Identity impostor = authority("Root");
        CPPUNIT_ASSERT_EQUAL(
            "the CRL of \"CN=Root\" is not signed with the key of any known certificate of that name"s,
            error(trusting({root_}), {impostor, {}}));
        // The same octets but for one of the signature.
        auto crl = SignedCrl{root_, {}}.read();
        crl.signature.value.back() = static_cast<char>(crl.signature.value.back() ^ 1);
        CPPUNIT_ASSERT(!trusting({root_}).signer_of(crl, now()));
    }

    /// An authority of that name, with a new key and that key identifier.
    static Identity identified(const char *name, const char *id)
    {
        return Builder{}
            .subject("CN", name)
            .authority()
            .extension("subjectKeyIdentifier", id)
            .self_signed();
    }

    void waits_for_the_certificate_with_the_key_identifier()
    {
        const Identity old_key = identified("Root", "01");
        const Identity new_key = identified("Root", "02");
        const SignedCrl crl{new_key, "\2"};
        CPPUNIT_ASSERT(is_unknown(trusting({old_key}), crl));
        CPPUNIT_ASSERT(signer(trusting({old_key, new_key}), crl).key == key_of(new_key));
        // It is there now, and has not signed this.
        const SignedCrl wrong{old_key, "\2"};
        CPPUNIT_ASSERT(error(trusting({new_key}), wrong).find("is not signed") !=
                       std::string::npos);
    }

    void takes_a_key_identifier_for_no_more_than_a_hint()
    {
        const Identity root = identified("Root", "01");
        CPPUNIT_ASSERT(signer(trusting({root}), {root, "\2"}).key == key_of(root));
        CPPUNIT_ASSERT(signer(trusting({root_}), {root_, "\2"}).key == key_of(root_));
    }

    void tells_the_keys_of_a_name_apart()
    {
        const Identity old_key = authority("Root");
        const auto issuers = trusting({root_, old_key});
        CPPUNIT_ASSERT(signer(issuers, {root_, {}}).key == key_of(root_));
        CPPUNIT_ASSERT(signer(issuers, {old_key, {}}).key == key_of(old_key));
        CPPUNIT_ASSERT(signer(issuers, {old_key, {}}).anchors == Keys{key_of(old_key)});
    }

    void accepts_version_1_authorities()
    {
        const Identity old = Builder{}.subject("CN", "Old").version(X509_VERSION_1).self_signed();
        CPPUNIT_ASSERT(signer(trusting({old}), {old, {}}).anchors == Keys{key_of(old)});
        const Identity plain = Builder{}.subject("CN", "Plain").self_signed();
        CPPUNIT_ASSERT(signer(trusting({plain}), {plain, {}}).anchors == Keys{key_of(plain)});
    }

    static Builder with_usage(const char *usage)
    {
        Builder builder;
        builder.subject("CN", "Root")
            .extension("basicConstraints", "critical,CA:TRUE")
            .extension("keyUsage", usage);
        return builder;
    }

    void asks_for_crl_sign_where_there_is_a_key_usage()
    {
        const Identity root = with_usage("keyCertSign").self_signed();
        CPPUNIT_ASSERT_EQUAL(
            "the CRL of \"CN=Root\" is signed by a certificate whose keyUsage has no cRLSign"s,
            error(trusting({root}), {root, {}}));
        const Identity signing = with_usage("cRLSign").self_signed();
        CPPUNIT_ASSERT(signer(trusting({signing}), {signing, {}}).key == key_of(signing));
    }

    void takes_the_certificate_of_a_key_that_may_sign_crls()
    {
        const Identity first = with_usage("keyCertSign").self_signed();
        const Identity second = with_usage("keyCertSign,cRLSign").key(first.key).self_signed();
        CPPUNIT_ASSERT(signer(trusting({first, second}), {first, {}}).key == key_of(first));
    }

    void refuses_a_certificate_without_a_path()
    {
        CPPUNIT_ASSERT_EQUAL(
            "the CRL of \"CN=Middle\" is signed by a certificate without a path to "
            "a trusted one: unable to get local issuer certificate"s,
            error(trusting({other_root_}, {middle_, root_}), {middle_, {}}));
    }

    void refuses_a_path_that_openssl_does_not_accept()
    {
        const Identity leaf = Builder{}.subject("CN", "Leaf").issued_by(root_);
        const Identity below = Builder{}.subject("CN", "Below").authority().issued_by(leaf);
        CPPUNIT_ASSERT(error(trusting({root_}, {leaf, below}), {below, {}}).find("invalid CA") !=
                       std::string::npos);
        // Its issuer's name, and another one's signature.
        const Identity impostor = authority("Root");
        const Identity false_middle =
            Builder{}.subject("CN", "Middle").authority().issued_by(impostor);
        CPPUNIT_ASSERT(error(trusting({root_}, {false_middle}), {false_middle, {}})
                           .find("signature failure") != std::string::npos);
    }

    void refuses_expired_authorities()
    {
        const auto issuers = trusting({root_}, {middle_});
        const Time end = test::the_end() + std::chrono::hours{1};
        CPPUNIT_ASSERT(error(issuers, {root_, {}}, end).find("expired") != std::string::npos);
        CPPUNIT_ASSERT(error(issuers, {middle_, {}}, end).find("expired") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL("no error"s,
                             error(issuers, {root_, {}}, test::the_end() - test::second));
    }

    void knows_a_separate_signer()
    {
        // Of one name: without key identifiers OpenSSL takes such a certificate for self-signed.
        const Identity middle = Builder{}
                                    .subject("CN", "Middle")
                                    .authority()
                                    .extension("subjectKeyIdentifier", "01")
                                    .issued_by(root_);
        const Identity separate = Builder{}
                                      .subject("CN", "Middle")
                                      .serial("77")
                                      .extension("keyUsage", "cRLSign")
                                      .extension("subjectKeyIdentifier", "02")
                                      .extension_der("2.5.29.35", "\x30\x03\x80\x01\x01")
                                      .issued_by(middle);
        const auto found = signer(trusting({root_}, {middle, separate}), {separate, "\2"});
        CPPUNIT_ASSERT(found.key == key_of(separate));
        CPPUNIT_ASSERT(found.anchors == Keys{key_of(root_)});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.path.size());
        CPPUNIT_ASSERT_EQUAL("\x77"s, found.path[0].serial);
        CPPUNIT_ASSERT(found.path[0].issuer_key == key_of(middle));
    }

    void finds_every_anchor_behind_cross_certificates()
    {
        const Identity crossed =
            Builder{}.subject("CN", "Middle").key(middle_.key).authority().issued_by(other_root_);
        const Identity below = Builder{}.subject("CN", "Below").authority().issued_by(middle_);
        const auto found =
            signer(trusting({root_, other_root_}, {middle_, crossed, below}), {below, {}});
        CPPUNIT_ASSERT((found.anchors == Keys{key_of(root_), key_of(other_root_)} ||
                        found.anchors == Keys{key_of(other_root_), key_of(root_)}));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.path.size());
    }

    void finds_the_anchors_of_all_virtual_hosts()
    {
        const Identity self =
            Builder{}.subject("CN", "Middle").key(middle_.key).authority().self_signed();
        auto issuers = trusting({self});
        issuers.add_trusted(test::store_of({root_, middle_}).get());
        const auto found = signer(issuers, {middle_, {}});
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.anchors.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.path.size());
    }

    void ends_partial_chains_only_where_the_store_allows_them()
    {
        CPPUNIT_ASSERT(error(trusting({middle_}), {middle_, {}}).find("without a path") !=
                       std::string::npos);
        const auto store = test::store_of({middle_});
        X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
        CrlIssuers issuers;
        issuers.add_trusted(store.get());
        CPPUNIT_ASSERT(signer(issuers, {middle_, {}}).anchors == Keys{key_of(middle_)});
        issuers.add(root_.certificate);
        CPPUNIT_ASSERT(signer(issuers, {middle_, {}}).anchors == Keys{key_of(middle_)});
    }

    void ends_with_what_is_trusted_for_clients()
    {
        // As PEM_read_bio_X509_AUX() makes it of a "BEGIN TRUSTED CERTIFICATE".
        X509_add1_trust_object(middle_.certificate.x509(), OBJ_nid2obj(NID_client_auth));
        CPPUNIT_ASSERT(signer(trusting({middle_}), {middle_, {}}).anchors == Keys{key_of(middle_)});
        X509_add1_reject_object(root_.certificate.x509(), OBJ_nid2obj(NID_client_auth));
        CPPUNIT_ASSERT(error(trusting({root_}), {root_, {}}).find("without a path") !=
                       std::string::npos);
    }

    void looks_into_directories_of_hash_links()
    {
        const auto directory = std::filesystem::temp_directory_path() /
                               ("clientcert-issuers-" + std::to_string(getpid()));
        std::filesystem::create_directory(directory);
        char link[32];
        std::snprintf(link, sizeof link, "%08lx.0",
                      X509_subject_name_hash(root_.certificate.x509()));
        std::ofstream{directory / link} << root_.certificate.pem();
        const test::Store store{test::needed(X509_STORE_new())};
        test::needed(X509_STORE_load_path(store.get(), directory.c_str()));
        CrlIssuers issuers;
        issuers.add_trusted(store.get());
        issuers.add(middle_.certificate);
        const bool found = error(issuers, {middle_, {}}) == "no error";
        std::filesystem::remove_all(directory);
        CPPUNIT_ASSERT(found);
    }

    void does_not_change_the_stores()
    {
        const auto store = test::store_of({root_});
        X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        CrlIssuers issuers;
        issuers.add_trusted(store.get());
        issuers.add(middle_.certificate);
        CPPUNIT_ASSERT_EQUAL("no error"s, error(issuers, {middle_, {}}));
        CPPUNIT_ASSERT_EQUAL(1, sk_X509_OBJECT_num(X509_STORE_get0_objects(store.get())));
        CPPUNIT_ASSERT_EQUAL(static_cast<unsigned long>(X509_V_FLAG_CRL_CHECK |
                                                        X509_V_FLAG_CRL_CHECK_ALL |
                                                        X509_V_FLAG_TRUSTED_FIRST),
                             X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(store.get())) |
                                 X509_V_FLAG_TRUSTED_FIRST);
    }

    /// Two names, and many certificates in which each of them is said to have certified the other.
    void ends_with_many_certificates_of_one_name()
    {
        const Identity first = authority("A");
        const Identity second = authority("B");
        CrlIssuers issuers;
        issuers.add_trusted(test::store_of({root_}).get());
        for (int i = 10; i < 20; ++i) {
            const auto serial = std::to_string(i);
            issuers.add(Builder{}
                            .subject("CN", "A")
                            .serial(serial)
                            .authority()
                            .issued_by(second)
                            .certificate);
            issuers.add(Builder{}
                            .subject("CN", "B")
                            .serial(serial)
                            .authority()
                            .issued_by(first)
                            .certificate);
        }
        const Identity last = Builder{}.subject("CN", "A").authority().issued_by(second);
        issuers.add(last.certificate);
        CPPUNIT_ASSERT(error(issuers, {last, {}}).find("without a path") != std::string::npos);
    }

    void leaves_no_error_behind_for_mod_ssl()
    {
        ERR_clear_error();
        const auto issuers = trusting({root_}, {middle_});
        error(issuers, {authority("Root"), {}});
        error(trusting({other_root_}, {middle_}), {middle_, {}});
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CrlIssuersTest);

}  // namespace

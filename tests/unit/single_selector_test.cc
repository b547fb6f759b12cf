// SPDX-License-Identifier: Apache-2.0
// Values as maps take them: which of them, and as they stand in the certificate.
#include "clients.hh"
#include "core/utf8.hh"

#include <clientcert/single_selector.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Builder;

using Values = std::vector<CertificateValue>;

Values values(const char *text, const Certificate &certificate)
{
    const auto selector = Selector::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, selector);
    return selector->unescaped_values(certificate);
}

Values one(std::string text)
{
    return {{std::move(text), true}};
}

std::string chosen(const char *text, const Certificate &certificate)
{
    const auto selector = SingleSelector::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, selector);
    const auto all = selector->selector().unescaped_values(certificate);
    std::string told;
    for (const auto &value : selector->chosen(all))
        told += value.text + ';';
    return told;
}

class SingleSelectorTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SingleSelectorTest);
    CPPUNIT_TEST(chooses_one_of_several_values);
    CPPUNIT_TEST(means_what_it_is_told_without_a_suffix);
    CPPUNIT_TEST(refuses_suffixes_that_choose_nothing);
    CPPUNIT_TEST(tells_who_issued_and_which_key);
    CPPUNIT_TEST(tells_names_as_rfc_4514_writes_them);
    CPPUNIT_TEST(tells_alternative_names_of_every_kind);
    CPPUNIT_TEST(tells_strings_of_other_names);
    CPPUNIT_TEST(escapes_nothing_that_is_usable);
    CPPUNIT_TEST(knows_what_is_not_usable);
    CPPUNIT_TEST(lists_the_same_for_expressions);
    CPPUNIT_TEST(knows_clean_text);
    CPPUNIT_TEST_SUITE_END();

    Certificate several_ = Builder{}
                               .subject("OU", "a")
                               .subject("OU", "b")
                               .subject("OU", "c")
                               .subject("CN", "x")
                               .certificate();

    void chooses_one_of_several_values()
    {
        for (const auto &[text, expected] : {std::pair{"subject:OU", ""},
                                             {"subject:OU[0]", "a;"},
                                             {"subject:OU[2]", "c;"},
                                             {"subject:OU[3]", ""},
                                             {"subject:OU[last]", "c;"},
                                             {"subject:OU[any]", "a;b;c;"},
                                             {"subject:CN", "x;"},
                                             {"subject:CN[0]", "x;"},
                                             {"subject:CN[last]", "x;"},
                                             {"subject:O", ""},
                                             {"subject:O[0]", ""},
                                             {"subject:O[last]", ""},
                                             {"subject:O[any]", ""}})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string{expected}, chosen(text, several_));
    }

    void means_what_it_is_told_without_a_suffix()
    {
        using Which = SingleSelector::Which;
        const auto all = values("subject:OU", several_);
        const auto size = [&](const char *text) {
            return SingleSelector::parse(text, Which::any)->chosen(all).size();
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, size("subject:OU"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, size("subject:OU[1]"));
    }

    void refuses_suffixes_that_choose_nothing()
    {
        for (const auto *text : {"dn[", "dn[]", "dn[ 0]", "dn[0", "dn[0] ", "dn[-1]", "dn[+1]",
                                 "dn[1x]", "dn[LAST]", "dn[first]", "dn[0][1]", "dn]", "[any]", "",
                                 "eku", "policy[0]", "dn[18446744073709551616]"})
            CPPUNIT_ASSERT_MESSAGE(text, !SingleSelector::parse(text));
    }

    void tells_who_issued_and_which_key()
    {
        const auto root =
            Builder{}.subject("O", "a;b").subject("CN", "R").authority().self_signed();
        const auto leaf = Builder{}
                              .subject("CN", "x")
                              .serial("00abcdef")
                              .extension("subjectKeyIdentifier", "0A:0B")
                              .issued_by(root)
                              .certificate;
        CPPUNIT_ASSERT(one("ABCDEF") == values("serial", leaf));
        CPPUNIT_ASSERT(one("CN=R,O=a\\;b;ABCDEF") == values("issuer-serial", leaf));
        CPPUNIT_ASSERT(one("0a0b") == values("ski", leaf));
        CPPUNIT_ASSERT(one(lower_hex(leaf.fingerprint())) == values("fingerprint-sha256", leaf));
        CPPUNIT_ASSERT(one(lower_hex(leaf.spki_fingerprint())) == values("spki-sha256", leaf));
        CPPUNIT_ASSERT(values("ski", several_).empty());
    }

    void tells_names_as_rfc_4514_writes_them()
    {
        CPPUNIT_ASSERT(one("CN=x,OU=c,OU=b,OU=a") == values("dn", several_));
        const auto odd = Builder{}.subject("CN", "\xc3\xa9,+\"").certificate();
        CPPUNIT_ASSERT(one("CN=\xc3\xa9\\,\\+\\\"") == values("dn", odd));
        CPPUNIT_ASSERT(values("dn", Builder{}.certificate()).empty());
        CPPUNIT_ASSERT((Values{{"CN=a\\00", false}}) ==
                       values("dn", Builder{}.subject("CN", "a\0"s).certificate()));
    }

    void tells_alternative_names_of_every_kind()
    {
        const auto certificate = Builder{}
                                     .alternative_name(GEN_EMAIL, "a@b")
                                     .alternative_name(GEN_DNS, "d.e")
                                     .alternative_name(GEN_URI, "urn:x")
                                     .alternative_name(GEN_IPADD, "\x7f\0\0\1"s)
                                     .other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, "u@p")
                                     .certificate();
        CPPUNIT_ASSERT(one("a@b") == values("san:email", certificate));
        CPPUNIT_ASSERT(one("d.e") == values("san:dns", certificate));
        CPPUNIT_ASSERT(one("urn:x") == values("san:uri", certificate));
        CPPUNIT_ASSERT(one("127.0.0.1") == values("san:ip", certificate));
        CPPUNIT_ASSERT(one("u@p") == values("san:upn", certificate));
        CPPUNIT_ASSERT(one("u@p") == values("san:1.3.6.1.4.1.311.20.2.3", certificate));
        CPPUNIT_ASSERT(values("san:1.2.3", certificate).empty());
        // dirName: CN=a,O=b
        const auto named = Builder{}
                               .extension_der("2.5.29.17", *from_hex("3020a41e301c310a300806035504"
                                                                     "0a0c0162310e300c06035504030c"
                                                                     "05616c696365"))
                               .certificate();
        CPPUNIT_ASSERT(one("CN=alice,O=b") == values("san:dirname", named));
    }

    void tells_strings_of_other_names()
    {
        const char *oid = "1.2.3.4";
        const auto value = [&](int type, std::string_view octets) {
            return values("san:1.2.3.4", Builder{}.other_name(oid, type, octets).certificate());
        };
        CPPUNIT_ASSERT(one("\xc3\xa9") == value(V_ASN1_UTF8STRING, "\xc3\xa9"));
        CPPUNIT_ASSERT(one("a") == value(V_ASN1_IA5STRING, "a"));
        CPPUNIT_ASSERT(one("a") == value(V_ASN1_PRINTABLESTRING, "a"));
        CPPUNIT_ASSERT(one("\xc3\xa9") == value(V_ASN1_BMPSTRING, "\0\xe9"s));
        for (const int type : {V_ASN1_OCTET_STRING, V_ASN1_BIT_STRING}) {
            const auto found = value(type, "abc");
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
            CPPUNIT_ASSERT(!found[0].usable);
        }
        // A user principal name is a UTF8String and nothing else.
        const auto upn =
            Builder{}.other_name("1.3.6.1.4.1.311.20.2.3", V_ASN1_IA5STRING, "u@p").certificate();
        CPPUNIT_ASSERT((Values{{"", false}}) == values("san:upn", upn));
    }

    void escapes_nothing_that_is_usable()
    {
        for (const auto *text : {"a\\b", "\\00", "a,b+c", " a ", "<\"'>", "R\xc3\xa9n\xc3\xa9", ""})
            CPPUNIT_ASSERT(one(text) ==
                           values("subject:CN", Builder{}.subject("CN", text).certificate()));
        CPPUNIT_ASSERT(
            one("R\xc3\xa9") ==
            values("subject:CN", Builder{}.subject("CN", "R\xe9", V_ASN1_T61STRING).certificate()));
    }

    void knows_what_is_not_usable()
    {
        const auto cn = [](std::string_view text, int type = V_ASN1_UTF8STRING) {
            return values("subject:CN", Builder{}.subject("CN", text, type).certificate());
        };
        CPPUNIT_ASSERT((Values{{"a\\00b", false}}) == cn("a\0b"s));
        CPPUNIT_ASSERT((Values{{"a\\0Ab", false}}) == cn("a\nb"));
        CPPUNIT_ASSERT(!cn("\x7f").at(0).usable);
        CPPUNIT_ASSERT(!cn("\xc2\x80").at(0).usable);
        CPPUNIT_ASSERT(!cn("\xe9", V_ASN1_IA5STRING).at(0).usable);
        CPPUNIT_ASSERT(!cn("\xc3\xa9", V_ASN1_IA5STRING).at(0).usable);
        CPPUNIT_ASSERT(!cn("\0\x1b"s, V_ASN1_BMPSTRING).at(0).usable);
        for (const auto &[type, text] : {std::pair{V_ASN1_BMPSTRING, "\xd8\0"s},

                                         {V_ASN1_UTF8STRING, "a\xff"s},
                                         {V_ASN1_UTF8STRING, "\xed\xa0\x80"s}}) {
            const auto other = Builder{}.other_name("1.2.3", type, text).certificate();
            CPPUNIT_ASSERT(!values("san:1.2.3", other).at(0).usable);
        }
        const auto email = Builder{}.alternative_name(GEN_EMAIL, "a\xe9@b").certificate();
        CPPUNIT_ASSERT(!values("san:email", email).at(0).usable);
    }

    void lists_the_same_for_expressions()
    {
        const auto client = test::client_with(several_);
        using Texts = std::vector<std::string>;
        CPPUNIT_ASSERT((Texts{"CN=x,OU=c,OU=b,OU=a"}) == Selector::parse("dn")->values(*client));
        CPPUNIT_ASSERT((Texts{"01"}) == Selector::parse("serial")->values(*client));
        const auto revoked = test::client_with(several_, test::revoked);
        for (const auto *text : {"dn", "serial", "fingerprint-sha256", "issuer-serial"})
            CPPUNIT_ASSERT(Selector::parse(text)->values(*revoked).empty());
    }

    void knows_clean_text()
    {
        for (const auto *text :
             {"", "a", "~ ", "\xc2\xa0", "\xc3\xa9", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
              "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
            CPPUNIT_ASSERT_MESSAGE(text, is_clean_text(text));
        for (const auto &text : {"\0"s,
                                 "\x1f"s,
                                 "\x7f"s,
                                 "\x80"s,
                                 "\xbf"s,
                                 "\xc2"s,
                                 "\xc2\x80"s,
                                 "\xc2\x9f"s,
                                 "\xc0\x80"s,
                                 "\xc1\xbf"s,
                                 "\xe0\x9f\xbf"s,
                                 "\xe2\x82"s,
                                 "\xed\xa0\x80"s,
                                 "\xed\xbf\xbf"s,
                                 "\xf0\x8f\xbf\xbf"s,
                                 "\xf4\x90\x80\x80"s,
                                 "\xf8\x88\x80\x80\x80"s,
                                 "\xff"s,
                                 "\xfe"s,
                                 "\xc3\xc3"s,
                                 "a\xe2\x82z"s})
            CPPUNIT_ASSERT_MESSAGE(quoted(text), !is_clean_text(text));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SingleSelectorTest);

}  // namespace

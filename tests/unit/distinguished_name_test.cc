// SPDX-License-Identifier: Apache-2.0
// Names that people write, of <clientcert/name.hh>.
#include "names.hh"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;
using test::Chance;
using test::Name;

DistinguishedName parsed(const std::string &text)
{
    auto name = DistinguishedName::parse(text);
    CPPUNIT_ASSERT_MESSAGE(quoted(text) + (name ? "" : ": " + name.error()), name);
    return *std::move(name);
}

/// One attribute as tests/data/distinguished-names.txt writes it.
std::string described(const X509_NAME *name, int index)
{
    const auto *entry = X509_NAME_get_entry(name, index);
    const auto *object = X509_NAME_ENTRY_get_object(entry);
    const auto *value = X509_NAME_ENTRY_get_data(entry);
    const auto *attribute = attribute_of(object);
    const std::string type =
        attribute != nullptr ? std::string{attribute->short_name} : openssl::dotted(object);
    const auto octets = openssl::octets_of(value);
    std::string text{octets.begin(), octets.end()};
    if (const int tag = ASN1_STRING_type(value); tag != V_ASN1_UTF8STRING) {
        const std::uint8_t head[] = {static_cast<std::uint8_t>(tag),
                                     static_cast<std::uint8_t>(octets.size())};
        text = '#' + lower_hex(head) + lower_hex(octets);
    }
    return type + '=' + text;
}

/// In the order of the text; a "+" before what is in the RDN of the one before it.
test::Row described(const X509_NAME *name)
{
    test::Row row;
    for (int i = X509_NAME_entry_count(name) - 1, set = -1; i >= 0; --i) {
        const int own = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i));
        row.push_back((own == set ? "+" : "") + described(name, i));
        set = own;
    }
    return row;
}

/// A name by chance, as it stands in a certificate. Without a value "#": OpenSSL prints it as it
/// is, which nobody can read.
Name readable_name(Chance &chance)
{
    while (true) {
        Name name = test::encoded(test::random_name(chance));
        const std::string text = rfc4514(name.get()) + ',';
        if (text.find("=#,") == text.npos && text.find("=#+") == text.npos)
            return name;
    }
}

class DistinguishedNameTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DistinguishedNameTest);
    CPPUNIT_TEST(parses_valid_names);
    CPPUNIT_TEST(refuses_invalid_names);
    CPPUNIT_TEST(says_which_name_is_invalid_and_why);
    CPPUNIT_TEST(takes_names_that_mean_the_same_for_the_same);
    CPPUNIT_TEST(tells_different_names_apart);
    CPPUNIT_TEST(matches_a_name_in_any_string_type);
    CPPUNIT_TEST(never_matches_by_what_is_printed);
    CPPUNIT_TEST(matches_the_name_whose_print_it_parsed);
    CPPUNIT_TEST(matches_no_name_but_the_one_that_was_printed);
    CPPUNIT_TEST(parses_the_value_that_was_escaped);
    CPPUNIT_TEST(keeps_bits_as_they_are);
    CPPUNIT_TEST(keeps_long_object_identifiers_or_refuses_them);
    CPPUNIT_TEST(survives_random_octets);
    CPPUNIT_TEST(survives_random_changes_of_valid_names);
    CPPUNIT_TEST(parses_long_names);
    CPPUNIT_TEST(leaves_no_error_behind_for_mod_ssl);
    CPPUNIT_TEST_SUITE_END();

    void parses_valid_names()
    {
        int count = 0;
        for (const auto &row : test::rows_of("distinguished-names.txt")) {
            if (row.at(0) != "valid")
                continue;
            const auto name = parsed(row.at(2));
            const test::Row expected(row.begin() + 3, row.end());
            const auto actual = described(name.get());
            for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i)
                CPPUNIT_ASSERT_EQUAL_MESSAGE(row[2], expected.at(i), actual.at(i));
            ++count;
        }
        CPPUNIT_ASSERT(count >= 35);
    }

    void refuses_invalid_names()
    {
        std::string taken;
        for (const auto &row : test::rows_of("distinguished-names.txt"))
            if (row.at(0) == "invalid" && DistinguishedName::parse(row.at(2)))
                taken += ' ' + quoted(row[2]);
        CPPUNIT_ASSERT_EQUAL(""s, taken);
    }

    void says_which_name_is_invalid_and_why()
    {
        const auto why = [](const char *text) { return DistinguishedName::parse(text).error(); };
        CPPUNIT_ASSERT_EQUAL("a distinguished name is empty"s, why(""));
        CPPUNIT_ASSERT_EQUAL("\"CN=a,b\" is no distinguished name of RFC 4514, it has no '=' in "
                             "\"b\""s,
                             why("CN=a,b"));
        CPPUNIT_ASSERT_EQUAL("\"CN=a;b\" is no distinguished name of RFC 4514, it has an unescaped "
                             "\";\""s,
                             why("CN=a;b"));
        CPPUNIT_ASSERT(why("FOO=a").find("\"FOO\" is no attribute type") != std::string::npos);
    }

    void takes_names_that_mean_the_same_for_the_same()
    {
        for (const auto &row : test::rows_of("equal-names.txt")) {
            const auto one = parsed(row.at(1));
            const auto other = parsed(row.at(2));
            CPPUNIT_ASSERT_MESSAGE(row[1] + " and " + row[2], one.matches(other.get()));
            CPPUNIT_ASSERT_MESSAGE(row[2] + " and " + row[1], other.matches(one.get()));
            CPPUNIT_ASSERT(one.matches(one.get()));
        }
    }

    void tells_different_names_apart()
    {
        for (const auto &row : test::rows_of("different-names.txt")) {
            const auto one = parsed(row.at(0));
            const auto other = parsed(row.at(1));
            CPPUNIT_ASSERT_MESSAGE(row[0] + " and " + row[1], !one.matches(other.get()));
            CPPUNIT_ASSERT_MESSAGE(row[1] + " and " + row[0], !other.matches(one.get()));
        }
    }

    void matches_a_name_in_any_string_type()
    {
        const auto name = parsed("CN=Ren\xc3\xa9  X,O=garex AG");
        for (const auto &cn : {test::Part{"CN", "REN\xc3\xa9 x"},
                               {"CN", "Ren\xe9 X", V_ASN1_T61STRING},
                               {"CN", "\0R\0e\0n\0\xe9\0 \0X"s, V_ASN1_BMPSTRING}})
            for (const int type : {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING})
                CPPUNIT_ASSERT(name.matches(
                    test::encoded(test::name_of({{"O", "Garex ag", type}, cn})).get()));
    }

    void never_matches_by_what_is_printed()
    {
        // Each prints like "CN=a,O=b" to somebody, and is not.
        const auto name = parsed("CN=a,O=b");
        CPPUNIT_ASSERT(name.matches(test::encoded(test::name_of({{"O", "b"}, {"CN", "a"}})).get()));
        for (const auto &parts : {std::vector<test::Part>{{"CN", "a,O=b"}},
                                  {{"O", "b"}, {"CN", "a"}, {"OU", ""}},
                                  {{"O", "b"}, {"CN", "a", V_ASN1_UTF8STRING, true}},
                                  {{"O", "b,CN=a"}},
                                  {{"O", "b\0"s}, {"CN", "a"}},
                                  {{"CN", "a"}, {"O", "b"}},
                                  {{"O", "b"}, {"CN", "a"}, {"CN", "a"}}})
            CPPUNIT_ASSERT(!name.matches(test::encoded(test::name_of(parts)).get()));
    }

    void matches_the_name_whose_print_it_parsed()
    {
        Chance chance{5280};
        for (int i = 0; i < 2000; ++i) {
            const Name name = readable_name(chance);
            for (const auto &text : {rfc4514(name.get()), rfc2253(name.get())})
                CPPUNIT_ASSERT_MESSAGE(quoted(text), parsed(text).matches(name.get()));
        }
    }

    void matches_no_name_but_the_one_that_was_printed()
    {
        Chance chance{5281};
        Name before = readable_name(chance);
        for (int i = 0; i < 2000; ++i) {
            Name name = readable_name(chance);
            const bool same = X509_NAME_cmp(name.get(), before.get()) == 0;
            CPPUNIT_ASSERT_EQUAL(same, parsed(rfc4514(name.get())).matches(before.get()));
            before = std::move(name);
        }
    }

    void parses_the_value_that_was_escaped()
    {
        // RFC 4514, 2.4: any octet may be written \HH; these must be, by \HH or by a backslash.
        const auto value = [](const std::string &text) {
            return described(parsed("CN=" + text).get()).at(0).substr(3);
        };
        for (int octet = 0; octet < 0x80; ++octet) {
            const std::string c{static_cast<char>(octet)};
            const std::string escape = '\\' + lower_hex(octets_of(c));
            CPPUNIT_ASSERT_EQUAL('x' + c + 'y', value('x' + escape + 'y'));
            CPPUNIT_ASSERT_EQUAL(c, value(escape));
            if (R"( "#+,;<=>\)"s.find(c) != std::string::npos)
                CPPUNIT_ASSERT_EQUAL('x' + c + 'y', value("x\\" + c + 'y'));
        }
        CPPUNIT_ASSERT_EQUAL("  a  "s, value("\\  a \\ "));
        CPPUNIT_ASSERT_EQUAL("a "s, value("a\\  "));
        CPPUNIT_ASSERT_EQUAL("a#b"s, value("a#b"));
    }

    void keeps_bits_as_they_are()
    {
        // An x500UniqueIdentifier (2.5.4.45) is a BIT STRING: here of 8, 8, 7 and 2 bits.
        for (const auto *bits : {"0041", "0040", "0140", "0640"}) {
            const Name name = test::name_of_der(*from_hex("300d310b3009060355042d0302"s + bits));
            const std::string text = rfc4514(name.get());
            CPPUNIT_ASSERT_MESSAGE(text, parsed(text).matches(name.get()));
        }
    }

    void keeps_long_object_identifiers_or_refuses_them()
    {
        std::string oid = "1.2";
        for (int size = 2; size < 600; ++size) {
            oid += ".3";
            const auto name = DistinguishedName::parse(oid + "=x");
            if (!name)
                continue;
            const auto *entry = X509_NAME_get_entry(name->get(), 0);
            CPPUNIT_ASSERT_EQUAL(oid, openssl::dotted(X509_NAME_ENTRY_get_object(entry)));
        }
        CPPUNIT_ASSERT(DistinguishedName::parse("1.2.3.3.3.3.3.3.3.3.3.3.3.3.3.3.3.3.3.3.3=x"));
    }

    void survives_random_octets()
    {
        Chance chance{4512};
        for (int i = 0; i < 30'000; ++i)
            (void)DistinguishedName::parse(chance.octets(chance.below(40)));
        const auto pieces = std::to_array<std::string>({"CN",
                                                        "2.5.4.3",
                                                        "=",
                                                        "=",
                                                        "#",
                                                        "0c",
                                                        "01",
                                                        "30",
                                                        "80",
                                                        "ff",
                                                        ",",
                                                        "+",
                                                        "\\",
                                                        "\\0",
                                                        " ",
                                                        "\"",
                                                        ";",
                                                        "<",
                                                        "a",
                                                        "\xc3",
                                                        std::string{'\0'},
                                                        "1.",
                                                        "9999999999999999999999"});
        int valid = 0;
        for (int i = 0; i < 60'000; ++i)
            valid += DistinguishedName::parse(chance.text(chance.below(9), pieces)) ? 1 : 0;
        CPPUNIT_ASSERT(valid > 50);
    }

    void survives_random_changes_of_valid_names()
    {
        Chance chance{4513};
        const auto rows = test::rows_of("distinguished-names.txt");
        for (int i = 0; i < 30'000; ++i) {
            std::string text = chance.one_of(rows).at(2);
            for (std::size_t changes = chance.below(3) + 1; changes > 0 && !text.empty(); --changes)
                text[chance.below(text.size())] = static_cast<char>(chance.below(256));
            if (const auto name = DistinguishedName::parse(text))
                CPPUNIT_ASSERT_MESSAGE(quoted(text), name->matches(name->get()));
        }
    }

    void parses_long_names()
    {
        std::string text = "CN=" + std::string(20'000, 'x');
        for (int i = 0; i < 300; ++i)
            text += (i % 3 == 0 ? "+OU=" : ",OU=") + std::to_string(i);
        CPPUNIT_ASSERT_EQUAL(301, X509_NAME_entry_count(parsed(text).get()));
    }

    void leaves_no_error_behind_for_mod_ssl()
    {
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 42);
        for (const auto *text : {"CN=a", "FOO=a", "1..1=a", "CN=\\ff", "CN=#0c0261", "CN=#0401ff"})
            (void)DistinguishedName::parse(text);
        CPPUNIT_ASSERT_EQUAL(42, ERR_GET_REASON(ERR_get_error()));
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_get_error());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DistinguishedNameTest);

}  // namespace

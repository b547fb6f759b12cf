// SPDX-License-Identifier: Apache-2.0
// name_id of <clientcert/name.hh>, beside X509_NAME_cmp.
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
    CPPUNIT_ASSERT_MESSAGE(text, name);
    return *std::move(name);
}

bool same_id(const X509_NAME *a, const X509_NAME *b)
{
    return name_id(a) == name_id(b);
}

/// Compares as OpenSSL does, and says so.
bool agreed(const X509_NAME *a, const X509_NAME *b)
{
    const bool same = X509_NAME_cmp(a, b) == 0;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rfc4514(a) + " and " + rfc4514(b), same, same_id(a, b));
    return same;
}

/// The name with the attributes of each RDN in another order, case and spaces of its text changed,
/// and what can be another string type one.
Name alike(Chance &chance, const X509_NAME *name)
{
    std::vector<std::vector<test::Part>> sets;
    for (int i = 0, set = -1; i < X509_NAME_entry_count(name); ++i) {
        const auto *entry = X509_NAME_get_entry(name, i);
        if (X509_NAME_ENTRY_set(entry) != set)
            sets.emplace_back();
        set = X509_NAME_ENTRY_set(entry);
        const auto *value = X509_NAME_ENTRY_get_data(entry);
        const auto octets = openssl::octets_of(value);
        test::Part part{openssl::dotted(X509_NAME_ENTRY_get_object(entry)),
                        {octets.begin(), octets.end()},
                        ASN1_STRING_type(value)};
        if (part.string_type == V_ASN1_UTF8STRING || part.string_type == V_ASN1_PRINTABLESTRING) {
            for (char &c : part.value)
                if (c >= 'a' && c <= 'z' && chance.one_in(3))
                    c = static_cast<char>(c - ('a' - 'A'));
            for (auto space = part.value.find(' '); space != std::string::npos;
                 space = part.value.find(' ', space + 3))
                part.value.insert(space, chance.below(3), ' ');
            part.value =
                std::string(chance.below(2), ' ') + part.value + (chance.one_in(2) ? " " : "");
        }
        sets.back().insert(sets.back().begin() +
                               static_cast<std::ptrdiff_t>(chance.below(sets.back().size() + 1)),
                           part);
    }
    std::vector<test::Part> parts;
    for (auto &set : sets)
        for (std::size_t i = 0; i < set.size(); ++i) {
            set[i].same_rdn = i > 0;
            parts.push_back(set[i]);
        }
    return test::encoded(test::name_of(parts));
}

/// One octet of the encoding changed; nothing where that is no name.
Name damaged(Chance &chance, const X509_NAME *name)
{
    const std::uint8_t *der = nullptr;
    std::size_t size = 0;
    CPPUNIT_ASSERT_EQUAL(1, X509_NAME_get0_der(name, &der, &size));
    std::string octets{der, der + size};
    octets[chance.below(size)] = static_cast<char>(chance.below(256));
    const auto *p = octets_of(octets).data();
    return Name{d2i_X509_NAME(nullptr, &p, static_cast<long>(size))};
}

class NameIdTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NameIdTest);
    CPPUNIT_TEST(is_the_same_for_names_that_mean_the_same);
    CPPUNIT_TEST(tells_different_names_apart);
    CPPUNIT_TEST(agrees_with_openssl_about_random_names);
    CPPUNIT_TEST(agrees_with_openssl_about_names_that_are_alike);
    CPPUNIT_TEST(agrees_with_openssl_about_each_string_type);
    CPPUNIT_TEST(agrees_with_openssl_about_each_octet);
    CPPUNIT_TEST(agrees_with_openssl_about_damaged_names);
    CPPUNIT_TEST(has_one_for_the_empty_name);
    CPPUNIT_TEST(leaves_no_error_behind_for_mod_ssl);
    CPPUNIT_TEST_SUITE_END();

    void is_the_same_for_names_that_mean_the_same()
    {
        for (const auto &row : test::rows_of("equal-names.txt"))
            CPPUNIT_ASSERT(agreed(parsed(row.at(1)).get(), parsed(row.at(2)).get()));
    }

    void tells_different_names_apart()
    {
        for (const auto &row : test::rows_of("different-names.txt"))
            CPPUNIT_ASSERT(!agreed(parsed(row.at(0)).get(), parsed(row.at(1)).get()));
    }

    void agrees_with_openssl_about_random_names()
    {
        Chance chance{1};
        Name previous = test::encoded(test::random_name(chance));
        for (int i = 0; i < 5000; ++i) {
            Name name = test::encoded(test::random_name(chance));
            agreed(name.get(), previous.get());
            previous = std::move(name);
        }
    }

    void agrees_with_openssl_about_names_that_are_alike()
    {
        Chance chance{2};
        int same = 0;
        for (int i = 0; i < 5000; ++i) {
            const Name name = test::encoded(test::random_name(chance));
            same += agreed(name.get(), alike(chance, name.get()).get()) ? 1 : 0;
        }
        CPPUNIT_ASSERT(same > 4000);
    }

    void agrees_with_openssl_about_each_string_type()
    {
        const auto types = std::to_array<int>(
            {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_T61STRING,
             V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING, V_ASN1_NUMERICSTRING, V_ASN1_BIT_STRING});
        const auto values = std::to_array<std::string>(
            {"", " ", "12", "1 2", "\0\0\0a"s, "\0a\0b"s, "\0\0\0\xe9"s, "\0\xe9\0\xe9"s,
             "\xe9\xe9\xe9\xe9", "\xc3\xa9\xc3\xa9", "abcd", "ABCD", "AB\vCD  "});
        std::vector<Name> names;
        for (const int type : types)
            for (const auto &value : values) {
                const Name name{test::needed(X509_NAME_new())};
                const openssl::ErrorScope errors;
                if (X509_NAME_add_entry_by_txt(name.get(), "2.5.4.99", type,
                                               octets_of(value).data(),
                                               static_cast<int>(value.size()), -1, 0) != 1 ||
                    i2d_X509_NAME(name.get(), nullptr) <= 0)
                    continue;
                names.push_back(test::encoded(name));
            }
        int same = 0;
        for (const auto &a : names)
            for (const auto &b : names)
                same += a != b && agreed(a.get(), b.get()) ? 1 : 0;
        CPPUNIT_ASSERT(names.size() > 70 && same > 100);
    }

    void agrees_with_openssl_about_each_octet()
    {
        for (const int type : {V_ASN1_T61STRING, V_ASN1_IA5STRING})
            for (int octet = 0; octet < 256; ++octet) {
                const auto c = static_cast<char>(octet);
                const auto name = [type](const std::string &text) {
                    return test::encoded(test::name_of({{"CN", text, type}}));
                };
                for (const auto *other : {"a", " ", "a b", "ab"})
                    agreed(name(other).get(), name("a"s + c + "b").get());
                agreed(name("ab").get(), name(c + "ab"s).get());
                agreed(name("ab").get(), name("ab"s + c).get());
            }
    }

    void agrees_with_openssl_about_damaged_names()
    {
        Chance chance{3};
        int compared = 0;
        for (int i = 0; i < 20000; ++i) {
            const Name name = test::encoded(test::random_name(chance));
            const Name other = damaged(chance, name.get());
            if (!other)
                continue;
            agreed(name.get(), other.get());
            ++compared;
        }
        CPPUNIT_ASSERT(compared > 5000);
        ERR_clear_error();
    }

    void has_one_for_the_empty_name()
    {
        const Name empty = test::name_of_der("\x30\x00"s);
        const Name other = test::name_of({{"CN", ""}});
        CPPUNIT_ASSERT(agreed(empty.get(), test::name_of({}).get()));
        CPPUNIT_ASSERT(!same_id(empty.get(), other.get()));
    }

    void leaves_no_error_behind_for_mod_ssl()
    {
        ERR_clear_error();
        Chance chance{4};
        for (int i = 0; i < 500; ++i)
            name_id(test::random_name(chance).get());
        CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NameIdTest);

}  // namespace

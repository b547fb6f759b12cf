// SPDX-License-Identifier: Apache-2.0
// <clientcert/html.hh>, and text on its way into pages and JSON.
#include "core/utf8.hh"

#include <clientcert/html.hh>
#include <clientcert/json.hh>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace clientcert;
using namespace std::string_literals;

class HtmlTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HtmlTest);
    CPPUNIT_TEST(text_is_escaped);
    CPPUNIT_TEST(attributes_are_escaped);
    CPPUNIT_TEST(markup_is_not);
    CPPUNIT_TEST(what_cannot_be_seen_is_shown);
    CPPUNIT_TEST(what_turns_text_around_is_shown);
    CPPUNIT_TEST(what_is_no_utf8_is_shown);
    CPPUNIT_TEST(text_of_the_world_stays);
    CPPUNIT_TEST(json_keeps_what_it_can);
    CPPUNIT_TEST(a_table_says_what_its_parts_are);
    CPPUNIT_TEST(a_document_has_its_title_twice);
    CPPUNIT_TEST_SUITE_END();

    static void assert_shown(const std::string &expected, const std::string &text)
    {
        CPPUNIT_ASSERT_EQUAL(expected, Html{text}.octets());
    }

    void text_is_escaped()
    {
        assert_shown("&lt;script&gt;&amp;amp;&quot;&#39;", "<script>&amp;\"'");
    }

    void attributes_are_escaped()
    {
        const auto link = element("a", {{"href", "?x=\"><b>"}}, "<>");
        CPPUNIT_ASSERT_EQUAL("<a href=\"?x=&quot;&gt;&lt;b&gt;\">&lt;&gt;</a>"s, link.octets());
    }

    void markup_is_not()
    {
        CPPUNIT_ASSERT_EQUAL("<hr>&lt;hr&gt;"s, (Html::markup("<hr>") + Html{"<hr>"}).octets());
    }

    void what_cannot_be_seen_is_shown()
    {
        assert_shown("a\\x00b\\x1B[1m\\x7F\\x0D", "a\0b\x1b[1m\x7f\r"s);
        assert_shown("\\u{0085}\\u{00AD}\\u{200B}\\u{FEFF}",
                     "\xc2\x85\xc2\xad\xe2\x80\x8b\xef\xbb\xbf");
        assert_shown("one\n\ttwo", "one\n\ttwo");
    }

    void what_turns_text_around_is_shown()
    {
        assert_shown("\\u{202E}gpj.exe\\u{2066}\\u{061C}",
                     "\xe2\x80\xaegpj.exe\xe2\x81\xa6\xd8\x9c");
    }

    void what_is_no_utf8_is_shown()
    {
        assert_shown("\\xFF", "\xff");
        assert_shown("\\xC3", "\xc3");
        assert_shown("\\xC3(", "\xc3(");
        assert_shown("\\xC0\\xBC", "\xc0\xbc");                    // '<', too long
        assert_shown("\\xED\\xA0\\x80", "\xed\xa0\x80");           // a surrogate
        assert_shown("\\xF4\\x90\\x80\\x80", "\xf4\x90\x80\x80");  // beyond U+10FFFF
        assert_shown("\\xE2\\x80", "\xe2\x80");
    }

    void text_of_the_world_stays()
    {
        const std::string text = "\xc3\xa4 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x92 \xd7\x90";
        assert_shown(text, text);
    }

    void json_keeps_what_it_can()
    {
        const auto round_trip = [](const std::string &text) {
            const auto json = json::text(text);
            return std::string{json_string_value(json.get()), json_string_length(json.get())};
        };
        const std::string odd = "a\0\n\x1b\"\\<\xe2\x80\xae"s;
        CPPUNIT_ASSERT(odd == round_trip(odd));
        CPPUNIT_ASSERT_EQUAL("caf\\xE9"s, round_trip("caf\xe9"));
    }

    void a_table_says_what_its_parts_are()
    {
        const auto html =
            table("All", {{"Name"}, {"Number \"", true}}, {{"<a>", "1"}, {"b", "2", "too much"}})
                .octets();
        const auto has = [&](const char *part) {
            CPPUNIT_ASSERT_MESSAGE(part + ("\n" + html), html.find(part) != html.npos);
        };
        has("<caption>All</caption>");
        has("<th scope=\"col\" role=\"columnheader\" class=\"text\">Name</th>");
        has("<th scope=\"row\" role=\"rowheader\" class=\"text\">&lt;a&gt;</th>");
        has("<td role=\"cell\" class=\"number\" data-name=\"Number &quot;\"><div>1</div></td>");
        CPPUNIT_ASSERT(html.find("too much") == html.npos);
    }

    void a_document_has_its_title_twice()
    {
        const auto document = html_document("<T>", paragraph("x"));
        CPPUNIT_ASSERT(document.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        CPPUNIT_ASSERT(document.find("<title>&lt;T&gt;</title>") != document.npos);
        CPPUNIT_ASSERT(document.find("<h1>&lt;T&gt;</h1><p>x</p>") != document.npos);
        CPPUNIT_ASSERT(document.find("<style>" + std::string{style_sheet()} + "</style>") !=
                       document.npos);
    }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HtmlTest);

}  // namespace

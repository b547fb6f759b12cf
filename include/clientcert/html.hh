// SPDX-License-Identifier: Apache-2.0
// HTML of the server's own pages. Text becomes Html by being escaped; what is markup has to say so.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clientcert {

class Html {
public:
    Html() = default;

    /// Text, fit for an element and for an attribute. What could not be seen, or would turn around
    /// what stands beside it, is shown as its code.
    Html(std::string_view text);
    Html(const std::string &text) : Html{std::string_view{text}} {}
    Html(const char *text) : Html{std::string_view{text}} {}

    /// As it stands; never of what somebody else has made.
    static Html markup(std::string_view markup);

    Html &operator+=(const Html &more)
    {
        octets_ += more.octets_;
        return *this;
    }
    friend Html operator+(Html first, const Html &second) { return std::move(first += second); }

    bool empty() const { return octets_.empty(); }
    const std::string &octets() const { return octets_; }

private:
    std::string octets_;
};

struct HtmlAttribute {
    const char *name;
    Html value;
};

/// `<name attributes>content</name>`
Html element(const char *name, std::initializer_list<HtmlAttribute> attributes,
             const Html &content);
Html element(const char *name, const Html &content);

Html paragraph(const Html &content);

/// A part of a page under a heading of its own.
Html section(const Html &heading, const Html &content);

/// A name, and what there is to say of it.
using Facts = std::vector<std::pair<Html, Html>>;
Html fact_list(const Facts &facts);

struct Column {
    Html name;
    bool is_number = false;
};
using Row = std::vector<Html>;

/// The first column says what a row is of. On a narrow screen each row becomes a list of its own.
Html table(const Html &caption, const std::vector<Column> &columns, const std::vector<Row> &rows);

enum class Mood { good, warning, bad };

/// A word, or a few, in a colour that says the same.
Html badge(Mood mood, const Html &words);

/// A whole document.
std::string html_document(const Html &title, const Html &content);

/// The style sheet that stands in each, octet for octet.
std::string_view style_sheet();

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
#include <clientcert/html.hh>

#include "core/utf8.hh"

#include <cstdint>

namespace clientcert {
namespace {

void append_escaped(std::string &html, std::string_view character)
{
    switch (character.front()) {
    case '&':
        html += "&amp;";
        break;
    case '<':
        html += "&lt;";
        break;
    case '>':
        html += "&gt;";
        break;
    case '"':
        html += "&quot;";
        break;
    case '\'':
        html += "&#39;";
        break;
    default:
        html += character;
    }
}

/// For those who read the source.
Html end_of_line()
{
    return Html::markup("\n");
}

const char *kind_of(const Column &column)
{
    return column.is_number ? "number" : "text";
}

// A table that style sheets lay out as blocks is none any more to some readers of screens, unless
// its parts say what they are.
Html line(const std::vector<Column> &columns, const Row &row)
{
    Html cells;
    for (std::size_t i = 0; i < row.size() && i < columns.size(); ++i) {
        const auto &column = columns[i];
        if (i == 0)
            cells +=
                element("th", {{"scope", "row"}, {"role", "rowheader"}, {"class", kind_of(column)}},
                        row[i]);
        else
            cells += element(
                "td", {{"role", "cell"}, {"class", kind_of(column)}, {"data-name", column.name}},
                element("div", row[i]));
    }
    return element("tr", {{"role", "row"}}, cells) + end_of_line();
}

}  // namespace

Html::Html(std::string_view text)
{
    const std::string shown = shown_text(text);
    for (std::size_t i = 0; i < shown.size(); ++i)
        append_escaped(octets_, std::string_view{shown}.substr(i, 1));
}

Html Html::markup(std::string_view markup)
{
    Html html;
    html.octets_ = markup;
    return html;
}

Html element(const char *name, std::initializer_list<HtmlAttribute> attributes, const Html &content)
{
    std::string begin = std::string{"<"} + name;
    for (const auto &attribute : attributes)
        begin += std::string{" "} + attribute.name + "=\"" + attribute.value.octets() + '"';
    return Html::markup(begin + '>') + content + Html::markup(std::string{"</"} + name + '>');
}

Html element(const char *name, const Html &content)
{
    return element(name, {}, content);
}

Html paragraph(const Html &content)
{
    return element("p", content) + end_of_line();
}

Html section(const Html &heading, const Html &content)
{
    return element("section", element("h2", heading) + end_of_line() + content) + end_of_line();
}

Html fact_list(const Facts &facts)
{
    Html list;
    for (const auto &[name, value] : facts)
        list += element("div", element("dt", name) + element("dd", value)) + end_of_line();
    return element("dl", list) + end_of_line();
}

Html table(const Html &caption, const std::vector<Column> &columns, const std::vector<Row> &rows)
{
    Html names;
    for (const auto &column : columns)
        names +=
            element("th", {{"scope", "col"}, {"role", "columnheader"}, {"class", kind_of(column)}},
                    column.name);
    Html lines;
    for (const auto &row : rows)
        lines += line(columns, row);
    const Html head =
        element("thead", {{"role", "rowgroup"}}, element("tr", {{"role", "row"}}, names));
    return element("table", {{"role", "table"}},
                   element("caption", caption) + head + end_of_line() +
                       element("tbody", {{"role", "rowgroup"}}, lines)) +
           end_of_line();
}

Html badge(Mood mood, const Html &words)
{
    const char *name = mood == Mood::good ? "good" : mood == Mood::warning ? "warning" : "bad";
    return element("strong", {{"class", name}}, words);
}

std::string html_document(const Html &title, const Html &content)
{
    std::string document = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, "
                           "initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n";
    document += element("title", title).octets();
    ((document += "<style>") += style_sheet()) += "</style>\n</head>\n<body>\n";
    document += element("main", element("h1", title) + content).octets();
    return document += "</body>\n</html>\n";
}

}  // namespace clientcert

// SPDX-License-Identifier: Apache-2.0
// The dump as text: rows of a label, what it is, and where that was said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clientcert::httpd::dump {

/// Aligns the rows of one block.
class Rows {
public:
    /// `depth`: how far it is indented; `place`: "FILE:LINE", or why there is none.
    void add(int depth, const std::string &label, std::string_view value, std::string place);

    /// What belongs to the row before: no place of its own.
    void add_detail(int depth, std::string_view value);

    /// A heading, with an empty line before it unless it is the first.
    void add_title(int depth, std::string_view title, std::string place);

    std::string text() const;

private:
    struct Row {
        enum class Kind { title, item, detail };
        Kind kind;
        std::string label;  ///< indented
        std::string value;
        std::string place;
    };
    std::vector<Row> rows_;
};

/// On one line, whatever is in it: control characters as \xHH.
std::string printable(std::string_view text);

/// Of URLs, the host alone remains where there is a user before it.
std::string without_passwords(std::string text);

}  // namespace clientcert::httpd::dump

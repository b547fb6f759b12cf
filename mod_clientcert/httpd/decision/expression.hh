// SPDX-License-Identifier: Apache-2.0
// Expressions of httpd (ap_expr) in which the certificate's variables are ours: judged, cached, and
// the same from whatever source the certificate comes.
#pragma once

#include "httpd/httpd.hh"

#include <clientcert/result.hh>

#include <optional>
#include <string>
#include <vector>

namespace clientcert::httpd {

struct Lookups;

/// What an expression looked at while it was evaluated.
struct Trace {
    struct Look {
        const char *name;
        std::string value;
    };

    bool record = false;     ///< whether `looks` is wanted
    bool saw_empty = false;  ///< whether one of the variables was empty
    std::vector<Look> looks{};

    void note(const char *name, const char *value);
};

/// Lives in the pool of the directive it comes from.
class Expression {
public:
    enum class Kind { rule, text };

    /// `text` must live as long as the directive's pool.
    static Result<Expression> parse(cmd_parms &cmd, const char *text, Kind kind);

    /// Whether all it depends on is the certificate's: what came out for a client stays so.
    bool constant() const { return constant_; }

    /// Whether it depends on who has been authenticated, which is not known from the beginning.
    bool asks_for_user() const { return asks_for_user_; }

    /// Whether it looks at nothing at all: it comes out the same for everybody.
    bool fixed() const { return fixed_; }

    const char *source() const { return source_; }
    const char *file() const { return info_->filename; }
    unsigned line() const { return info_->line_number; }

    /// Nothing, with the reason in `error`, where it cannot be evaluated.
    std::optional<bool> holds(request_rec &r, Trace &trace, const char *&error) const;

    /// The text; null, with the reason in `error`, where it cannot be evaluated.
    const char *text(request_rec &r, Trace &trace, const char *&error) const;

private:
    Expression(const ap_expr_info_t *info, const char *source, const Lookups &lookups);

    const ap_expr_info_t *info_;
    const char *source_;
    bool constant_;
    bool asks_for_user_;
    bool fixed_;
};

}  // namespace clientcert::httpd

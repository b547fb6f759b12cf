// SPDX-License-Identifier: Apache-2.0
// What would be, if somebody came with a certificate: a subrequest that is looked up and never run.
#pragma once

#include "httpd/decision/denial.hh"
#include "httpd/evidence/client_cache.hh"

#include <string>

namespace clientcert::httpd {

/// A Require line of ours that was asked.
struct AskedLine {
    Refusal line;
    std::optional<bool> holds;  ///< nothing where it could not be evaluated
    bool negated;
    const ap_directive_t *directive;
};

struct Hypothesis {
    std::shared_ptr<const ClientCache> clients;
    bool passed = false;  ///< as if by a proxy

    /// To find out whether Require lines of other modules decide: all of ours stand for the client,
    /// or against him.
    enum class Pretence { none, favourable, adverse };
    Pretence pretence = Pretence::none;

    std::vector<AskedLine> lines{};  ///< each once, as it stood last

    void add(AskedLine line);
};

/// A request for `path` by the supposed client, as far as httpd finds out which configuration it
/// has; no check of any module has been made. There while this object is.
class Supposed {
public:
    Supposed(request_rec &asker, Hypothesis &hypothesis, const std::string &path);
    ~Supposed();
    Supposed(const Supposed &) = delete;
    Supposed &operator=(const Supposed &) = delete;

    request_rec &request() const { return *request_; }

    /// The answer that httpd or another module gives before the configuration is known (a redirect,
    /// a bad path); nothing where there is none.
    std::optional<int> answer() const;

private:
    request_rec &asker_;
    request_rec *request_;
};

/// Nothing that is found out about such a request is logged.
int keep_silent(request_rec *r);

/// Ends such a request before any module checks it.
int stop_here(request_rec *r);

}  // namespace clientcert::httpd

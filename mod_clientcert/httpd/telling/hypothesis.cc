// SPDX-License-Identifier: Apache-2.0
#include "httpd/telling/hypothesis.hh"

#include "httpd/request.hh"

#include <algorithm>
#include <utility>

namespace clientcert::httpd {
namespace {

/// Below every level.
constexpr ap_logconf silence{nullptr, -1};

/// What `stop_here` answers.
constexpr int found = DONE;

}  // namespace

void Hypothesis::add(AskedLine line)
{
    std::erase_if(lines, [&](const AskedLine &one) { return one.directive == line.directive; });
    lines.push_back(std::move(line));
}

Supposed::Supposed(request_rec &asker, Hypothesis &hypothesis, const std::string &path)
    : asker_{asker}, request_{nullptr}
{
    suppose(asker, &hypothesis);
    // It begins with the log of the asker.
    const auto *log = std::exchange(asker.log, &silence);
    request_ = ap_sub_req_method_uri("GET", path.c_str(), &asker, nullptr);
    asker.log = log;
    request_->log = &silence;  // each section may have set its own
    request_->user = nullptr;
    request_->ap_auth_type = nullptr;
}

Supposed::~Supposed()
{
    ap_destroy_sub_req(request_);
    suppose(asker_, nullptr);
}

std::optional<int> Supposed::answer() const
{
    return request_->status == found ? std::nullopt : std::optional{request_->status};
}

int keep_silent(request_rec *r)
{
    if (hypothesis_of(*r) != nullptr)
        r->log = &silence;
    return DECLINED;
}

int stop_here(request_rec *r)
{
    return hypothesis_of(*r) != nullptr ? found : DECLINED;
}

}  // namespace clientcert::httpd

// SPDX-License-Identifier: Apache-2.0
#include "httpd/revocation/chain_notes.hh"

#include <clientcert/crl_keeper.hh>

namespace clientcert::httpd {
namespace {

/// There are few CAs and distribution points; whoever makes many of them is not helped further.
constexpr std::size_t most = 1000;

}  // namespace

bool ChainNotes::is_new(std::set<std::string> &known, const std::string &what)
{
    const std::scoped_lock lock{mutex_};
    return known.size() < most && known.insert(what).second;
}

void ChainNotes::met(const STACK_OF(X509) & certificates, const VerifiedChain &chain)
{
    for (int i = 1; i < sk_X509_num(&certificates); ++i) {
        const Certificate ca{sk_X509_value(&certificates, i)};
        if (is_new(known_issuers_, ca.mark()))
            note_issuer(directory_, ca);
    }
    if (!points_)
        return;
    for (const auto &link : chain.links)
        if (!link.crl_points.empty() && is_new(known_points_, link.crl_points))
            for (const auto &url : crl_point_urls(link.crl_points))
                note_distribution_point(directory_, url);
}

}  // namespace clientcert::httpd

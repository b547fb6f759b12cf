// SPDX-License-Identifier: Apache-2.0
#include "core/openssl.hh"

#include <clientcert/chain.hh>

namespace clientcert {
namespace {

void free_points(CRL_DIST_POINTS *points)
{
    CRL_DIST_POINTS_free(points);
}

bool is_web(std::string_view url)
{
    return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

std::vector<std::string> crl_point_urls(std::string_view crl_points)
{
    const openssl::ErrorScope errors;
    const auto *octets = octets_of(crl_points).data();
    const std::unique_ptr<CRL_DIST_POINTS, Freed<free_points>> points{
        d2i_CRL_DIST_POINTS(nullptr, &octets, static_cast<long>(crl_points.size()))};
    std::vector<std::string> urls;
    for (int i = 0; points && i < sk_DIST_POINT_num(points.get()); ++i) {
        const auto *name = sk_DIST_POINT_value(points.get(), i)->distpoint;
        if (name == nullptr || name->type != 0)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(name->name.fullname); ++j) {
            const auto *general = sk_GENERAL_NAME_value(name->name.fullname, j);
            if (general->type != GEN_URI)
                continue;
            const Octets uri = openssl::octets_of(general->d.uniformResourceIdentifier);
            std::string url{uri.begin(), uri.end()};
            if (is_web(url))
                urls.push_back(std::move(url));
        }
    }
    return urls;
}

}  // namespace clientcert

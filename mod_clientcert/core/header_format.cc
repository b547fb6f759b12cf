// SPDX-License-Identifier: Apache-2.0
// The table of the header formats; core/formats has what stands behind a row.
#include "core/formats/formats.hh"

#include <algorithm>
#include <array>

namespace clientcert {
namespace {

using namespace formats;

constexpr auto table = std::to_array<HeaderFormat>({
    {"rfc9440", "Client-Cert and Client-Cert-Chain of RFC 9440", rfc9440_fields, true,
     &rfc9440_reader},
    {"xfcc", "X-Forwarded-Client-Cert of Envoy and Istio", xfcc_fields, true, &xfcc_reader},
    {"nginx", "X-SSL-Client-* with the values of nginx's variables", nginx_fields, false,
     &nginx_reader},
    {"haproxy", "X-SSL-* of HAProxy's manual", haproxy_fields, false, &haproxy_reader},
    {"traefik", "X-Forwarded-Tls-Client-Cert and -Info of Traefik", traefik_fields, true,
     &traefik_reader},
    {"aws", "X-Amzn-Mtls-Clientcert-* of AWS's Application Load Balancer", aws_fields, false,
     &aws_reader},
    {"f5", "SSLClientCert* of F5 BIG-IP", f5_fields, false, nullptr},
    {"elb", "X-Forwarded-Clientcert-* of Huawei Cloud's ELB and Alibaba Cloud's ALB", elb_fields,
     false, nullptr},
    {"webmux", "X-WebMux-SSL-* of WebMux", webmux_fields, false, nullptr},
});

}  // namespace

std::span<const HeaderFormat> header_formats()
{
    return table;
}

const HeaderFormat *header_format(std::string_view name)
{
    const auto *found = std::ranges::find(table, name, &HeaderFormat::name);
    return found == table.end() ? nullptr : found;
}

std::string header_format_names(bool readable_only)
{
    std::string names;
    for (const auto &format : table)
        if (!readable_only || format.reader != nullptr)
            (names += names.empty() ? "" : ", ") += format.name;
    return names;
}

}  // namespace clientcert

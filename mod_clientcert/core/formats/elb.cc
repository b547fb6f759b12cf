// SPDX-License-Identifier: Apache-2.0
// The headers of Huawei Cloud's ELB and Alibaba Cloud's ALB. Neither says how the values are
// written; the names are those of nginx's variables, so the values are nginx's here.
#include "core/formats/certificates.hh"
#include "core/formats/escape.hh"
#include "core/formats/facts.hh"
#include "core/formats/formats.hh"

namespace clientcert::formats {
namespace {

std::string cert(const Certificate &certificate)
{
    return percent_encoded(pem_of_der(certificate.der()));
}

std::optional<std::string> verify(const Client &client)
{
    return verify_text(client);
}

/// $ssl_client_v_end
std::string end(const Client &client)
{
    return ssl_variable(client, "V_END");
}

}  // namespace

constinit const HeaderField elb_fields[] = {
    {"X-Forwarded-Clientcert", if_valid<cert>, false},
    {"X-Forwarded-Clientcert-subjectdn", if_valid<subject_rfc2253>, false},
    {"X-Forwarded-Clientcert-issuerdn", if_valid<issuer_rfc2253>, false},
    {"X-Forwarded-Clientcert-fingerprint", if_valid<sha1_fingerprint>, false},
    {"X-Forwarded-Clientcert-clientverify", verify, false},
    {"X-Forwarded-Clientcert-serialnumber", if_valid<upper_hex_serial>, false},
    {"X-Forwarded-Clientcert-end", if_valid<end>, false},
};

}  // namespace clientcert::formats

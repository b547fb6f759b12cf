// SPDX-License-Identifier: Apache-2.0
// The parts of each ready-made header format, one file a format; core/header_format.cc has the
// table of them.
#pragma once

#include <clientcert/header_format.hh>

namespace clientcert::formats {

extern const HeaderField rfc9440_fields[2];
extern const HeaderReader rfc9440_reader;

extern const HeaderField xfcc_fields[1];
extern const HeaderReader xfcc_reader;

extern const HeaderField nginx_fields[6];
extern const HeaderReader nginx_reader;

extern const HeaderField haproxy_fields[9];
extern const HeaderReader haproxy_reader;

extern const HeaderField traefik_fields[2];
extern const HeaderReader traefik_reader;

extern const HeaderField aws_fields[5];
extern const HeaderReader aws_reader;

extern const HeaderField f5_fields[11];
extern const HeaderField elb_fields[7];
extern const HeaderField webmux_fields[3];

}  // namespace clientcert::formats

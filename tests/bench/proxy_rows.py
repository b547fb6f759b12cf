# SPDX-License-Identifier: Apache-2.0
"""What the proxy bench measures: the rows of its tables."""

import base64
import dataclasses
import ssl
from urllib.parse import quote

import proxy_servers as servers

TAKES_IN = ("ClientCertTrustedProxy 127.0.0.1\nClientCertCACertificateFile {pki}/ca.pem\nClientCertFrom nginx\n"
            '<Location "/">\nClientCertRequire %{{SSL_CLIENT_S_DN_O}} eq "garex AG" or true\n</Location>')


@dataclasses.dataclass
class Row:
    name: str
    title: str
    over: str  # the row that it is compared with
    server: type
    lines: str = ""
    timed: type = None  # where another one is timed
    headers: str = ""   # which ones the client sends: a key of `headers`

    @property
    def passes_on(self):
        return bool(self.lines) and not issubclass(self.server, servers.Intake)


PASSING = [
    Row("nginx", "nginx, nothing passed on", "", servers.Nginx),
    Row("nginx-cert", "nginx, `$ssl_client_escaped_cert`", "nginx", servers.Nginx,
        "proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;"),
    Row("haproxy", "HAProxy, nothing passed on", "", servers.HAProxy),
    Row("haproxy-cert", "HAProxy, `ssl_c_der,base64`", "haproxy", servers.HAProxy,
        "http-request set-header X-SSL-CERT %[ssl_c_der,base64]"),
    Row("httpd", "httpd, nothing passed on", "", servers.Httpd, timed=servers.HttpdInTime),
    Row("httpd-constant", "httpd, a header of that size that is always the same", "httpd", servers.Httpd,
        'RequestHeader set X-SSL-Client-Cert "{constant}"', timed=servers.HttpdInTime),
    Row("httpd-headers", "httpd, mod_headers with `%{SSL_CLIENT_CERT}s`", "httpd", servers.Httpd,
        'RequestHeader set X-SSL-Client-Cert "%{SSL_CLIENT_CERT}s"', timed=servers.HttpdInTime),
    *(Row(f"ours-{kind}", f"mod_clientcert, `ClientCertForward {kind}`", "httpd", servers.Httpd,
          f"ClientCertForward {kind}", timed=servers.HttpdInTime) for kind in ("nginx", "haproxy", "rfc9440")),
]
TAKING = [
    Row("in-httpd", "httpd, no header", "", servers.Intake, timed=servers.IntakeInTime),
    Row("in-ignored", "httpd, the header, nobody reads it", "in-httpd", servers.Intake, headers="same",
        timed=servers.IntakeInTime),
    Row("in-none", "mod_clientcert, no header", "in-httpd", servers.Intake, TAKES_IN, timed=servers.IntakeInTime),
    Row("in-same", "mod_clientcert, the same certificate again and again", "in-ignored", servers.Intake, TAKES_IN,
        headers="same", timed=servers.IntakeInTime),
    Row("in-two", "mod_clientcert, two in turn", "in-ignored", servers.Intake, TAKES_IN, headers="two",
        timed=servers.IntakeInTime),
    Row("in-many", "mod_clientcert, another one each time", "in-ignored", servers.Intake, TAKES_IN, headers="many",
        timed=servers.IntakeInTime),
]
ALL = [*PASSING, *TAKING]


def header_of(pem):
    return f"X-SSL-Client-Cert: {quote(pem, safe='')}\r\n"


def der_of(pem):
    return ssl.PEM_cert_to_DER_cert(pem)


def carries(text, pem):
    """Whether the certificate is in there, in whatever clothes."""
    plain = text.replace("%0A", "").replace(" ", "").replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    return base64.b64encode(der_of(pem)).decode() in plain

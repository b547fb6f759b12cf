# SPDX-License-Identifier: Apache-2.0
"""What a client sends under our names after the body, as trailers, reaches nobody either, with
`MergeTrailers On` least of all: httpd then puts them among the headers when it has read the body,
which is before some applications are told the headers, and after they were cleaned."""
import pytest
from harness.backends import CGI
from harness.gateways import PATHS, Gateways, PlainConnection, arrived
from harness.waiting import wait_until

HOST = """
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        MergeTrailers %(merge)s
        CustomLog logs/requests "%%{X-Probe}i %%{X-After}i %%{X-Client-DN}i %%{Client-Cert}i %%{X-Client-DN}^ti"
        %(gateways)s
        %(asked)s
        <LocationMatch "^/asked">
            SSLVerifyClient require
        </LocationMatch>
"""
SITE = """
    <VirtualHost *:${https}>
        ServerName on.example.org
        SSLVerifyClient optional
        %(on)s
        <LocationMatch "^/(?!bare)">
            ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
            ClientCertHeader X-Client-Mail "%%{CLIENTCERT_SAN_EMAIL}"
            ClientCertForward rfc9440
        </LocationMatch>
    </VirtualHost>
    <VirtualHost *:${https}>
        ServerName off.example.org
        SSLVerifyClient optional
        %(off)s
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        ClientCertForward rfc9440
    </VirtualHost>
    <VirtualHost *:${ask}>
        ServerName ask.example.org
        %(on)s
        %(asked_bare)s
        <LocationMatch "^/(?!asked-bare)">
            ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
            ClientCertHeader X-Client-Mail "%%{CLIENTCERT_SAN_EMAIL}"
        </LocationMatch>
    </VirtualHost>
    <VirtualHost *:${http}>
        MergeTrailers On
        %(gateways)s
    </VirtualHost>
"""
# mod_proxy_scgi and mod_proxy_uwsgi take no body of unknown length, and only such a one has trailers.
CHUNKED = tuple(path for path in PATHS if path not in ("/scgi/x", "/uwsgi/x", "/cgi-bin/seen")) + ("/cgi-bin/chunked",)
NAMES = ("X-Client-DN", "x_client_dn", "X.Client-DN", "X-Client-Mail", "X_Client_Mail", "Client-Cert", "client_cert",
         "Client-Cert-Chain", "CLIENT_CERT_CHAIN")
TRAILERS = [*((name, "spoofed") for name in NAMES), ("X-After", "the body")]
BARE = tuple("/bare" + path for path in CHUNKED)
ASKED_BARE = tuple("/asked-bare" + path for path in CHUNKED)
ASKED = tuple("/asked" + path for path in CHUNKED)


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    parts = {"gateways": gateways.configuration(), "asked": gateways.configuration("/asked"),
             "asked_bare": gateways.configuration("/asked-bare")}
    hosts = {merge.lower(): HOST % {**parts, "merge": merge} + gateways.configuration("/bare")
             for merge in ("On", "Off")}
    server.configure(SITE % {**hosts, **parts}, ports="http https ask", modules=f"http2 {Gateways.MODULES}")
    # No length is told: this one reads to the end.
    server.page("cgi-bin/chunked", CGI.replace("read(length)", "read()"), mode=0o755)
    server.start()


def check(response, dn=None):
    assert "spoofed" not in response.text
    seen = response.seen
    assert arrived(seen, "X-Client-DN") == ([dn] if dn else [])
    assert arrived(seen, "X-Client-Mail") == []
    assert {name.lower() for name, _ in seen.headers}.isdisjoint({"x_client_dn", "x.client-dn", "client_cert"})
    assert len(arrived(seen, "Client-Cert")) <= (1 if dn else 0)
    return seen


@pytest.mark.parametrize("path", CHUNKED + BARE)
@pytest.mark.parametrize("host", ["on.example.org", "off.example.org"])
def test_no_trailer_gets_through(server, path, host):
    with server.tls(host=host) as connection:
        for _ in range(2):
            check(connection.request("POST", path, body=b"body", trailers=TRAILERS))


@pytest.mark.parametrize("path", CHUNKED + BARE)
@pytest.mark.parametrize("host", ["on.example.org", "off.example.org"])
def test_no_trailer_of_http_2_gets_through(server, path, host):
    with server.h2(host=host) as connection:
        for _ in range(2):
            check(connection.get(path, method="POST", body=b"body", trailers=TRAILERS))


@pytest.mark.parametrize("path", CHUNKED)
@pytest.mark.parametrize("host", ["on.example.org", "off.example.org"])
def test_ours_are_still_there_when_trailers_have_come(server, pki, path, host):
    with server.tls(pki.mallory, host=host) as connection:
        check(connection.request("POST", path, body=b"body", trailers=TRAILERS), "CN=Mallory,O=Evil")
    with server.h2(pki.mallory, host=host) as connection:
        check(connection.get(path, method="POST", body=b"body", trailers=TRAILERS), "CN=Mallory,O=Evil")


@pytest.mark.parametrize("path", CHUNKED)
def test_no_trailer_gets_through_a_host_without_tls(server, path):
    trailers = "".join(f"{name}: {value}\r\n" for name, value in TRAILERS)
    request = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
               f"4\r\nbody\r\n0\r\n{trailers}\r\n")
    with PlainConnection(server.ports["http"]) as connection:
        connection.send(request.encode())
        check(connection.response("POST"))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("path", ASKED + ASKED_BARE)
def test_no_trailer_gets_through_where_the_body_is_read_for_a_later_certificate(server, pki, path, version):
    """mod_ssl keeps the whole body aside before it asks for a certificate: trailers are merged
    long before the application is told the headers. Mallory has no mail address: nothing of ours
    replaces what stands there."""
    with server.tls(pki.mallory, host="ask.example.org", port="ask", version=version) as connection:
        response = connection.request("POST", path, body=b"body", trailers=TRAILERS)
        check(response, None if path in ASKED_BARE else "CN=Mallory,O=Evil")


@pytest.mark.parametrize("path", ["/fcgi/x", "/asked/http/x", "/asked/cgi-bin/chunked"])
def test_other_trailers_are_merged(server, pki, path):
    """The proof that the tests above send their trailers in a way that httpd merges."""
    port = "ask" if path.startswith("/asked") else "https"
    host = "ask.example.org" if path.startswith("/asked") else "on.example.org"
    with server.tls(pki.mallory, host=host, port=port, version="1.2") as connection:
        seen = connection.request("POST", path, body=b"body", trailers=TRAILERS).seen
    assert arrived(seen, "X-After") == ["the body"]


@pytest.mark.parametrize("host, merged", [("on.example.org", "the body"), ("off.example.org", "-")])
def test_no_trailer_is_in_the_access_log(server, host, merged):
    probe = host.replace(".", "-")
    with server.tls(host=host) as connection:
        connection.request("POST", "/http/x", [("X-Probe", probe)], body=b"body", trailers=TRAILERS)
    log = server.root / "logs" / "requests"
    line = wait_until(lambda: [line for line in log.read_text().splitlines() if line.startswith(probe)], "the line")
    assert line == [f"{probe} {merged} - - -"]

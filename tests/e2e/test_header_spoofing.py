# SPDX-License-Identifier: Apache-2.0
"""What a client sends under a name that the configuration sets anywhere reaches nobody: in any
spelling, on any virtual host, over HTTP/1.1 and HTTP/2, towards every kind of application.
(test_trailer_spoofing.py has the trailers.)"""
import itertools
import re

import pytest
from harness.curl import curl
from harness.gateways import PATHS, Gateways, PlainConnection, arrived
from harness.waiting import wait_until

SITE = """
    RequestHeader set X-Copied "expr=%%{req_novary:X-Client-DN}%%{req_novary:Client-Cert}" early
    CustomLog logs/headers "%%{X-Mine}i %%{X-Client-DN}i %%{Client-Cert}i %%{X_Client_Mail}i"
    SetEnvIf X-Client-DN "(.+)" COPIED=$1
    SetEnvIf X_Client_DN "(.+)" COPIED=$1
    ErrorDocument 400 /cgi-bin/seen?400
    ErrorDocument 404 /cgi-bin/seen?404
    ErrorDocument 417 /http/error
    %(gateways)s
    <Location />
        Options +Includes
    </Location>
    <Files *.shtml>
        SetOutputFilter INCLUDES
    </Files>
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        %(gateways)s
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        ClientCertForward rfc9440
        <Location /somewhere>
            ClientCertHeader X-Client-Mail "%%{CLIENTCERT_SAN_EMAIL}"
            ClientCertHeader SSL_CLIENT_CERT "%%{SSL_CLIENT_CERT}"
        </Location>
    </VirtualHost>
    <VirtualHost *:${https}>
        ServerName bare.example.org
        Include ${tls}
        Protocols h2 http/1.1
        %(gateways)s
    </VirtualHost>
    <VirtualHost *:${http}>
        Protocols h2c http/1.1
        %(gateways)s
    </VirtualHost>
    <VirtualHost *:${lenient}>
        HttpProtocolOptions Unsafe LenientMethods Allow0.9
        %(gateways)s
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
    </VirtualHost>
"""
NAMES = ("X-Client-DN", "X-Client-Mail", "Client-Cert", "Client-Cert-Chain", "SSL_CLIENT_CERT")
SEPARATORS = "-_.!#$%&'*+^`|~"
HOSTS = {"the host that sets them": ("localhost", "https"), "a host that does not": ("bare.example.org", "https"),
         "a host without TLS": ("localhost", "http"), "a lenient host": ("localhost", "lenient")}


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    configuration = gateways.configuration().replace("\n", "\n        ")
    server.configure(SITE % {"gateways": configuration}, ports="http https lenient",
                     modules=f"http2 headers setenvif include {Gateways.MODULES}")
    server.page("index.shtml", '<!--#include virtual="/cgi-bin/seen" -->')
    server.start()


def folded(name):
    return re.sub("[^a-z0-9]", "-", name.lower()).removeprefix("http-")


OURS = {folded(name) for name in NAMES}


def spellings(name):
    """Every separator in every place, both cases; and those that gateways confuse, mixed."""
    parts = re.split("[-_]", name)
    for mix in itertools.product("-_.", repeat=len(parts) - 1):
        yield "".join(itertools.chain(*zip(parts, (*mix, ""))))
    for separator in SEPARATORS:
        yield separator.join(parts).upper()
        yield separator.join(parts).lower()


def ask(server, path, host, **options):
    name, port = HOSTS[host]
    scheme = "https" if port == "https" else "http"
    return curl(f"{scheme}://{name}:{server.ports[port]}{path}", ca=server.pki.ca.cert, **options)


def under_our_names(response):
    """The (name, value) pairs that an application got under any of our names."""
    seen = response.seen
    pairs = {*seen.headers, *seen.trailers, *seen.env.items()}
    return [pair for pair in pairs if folded(pair[0]) in OURS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_gets_through(server, host, name):
    headers = [(spelling, "spoofed") for spelling in spellings(name)]
    for path in PATHS:
        response = ask(server, path, host, headers=[*headers, ("X-Mine", "kept")])
        assert arrived(response.seen, "X-Mine") == ["kept"]
        assert "spoofed" not in response.text, path
        assert under_our_names(response) == [], path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", ["localhost", "bare.example.org"])
def test_no_spelling_gets_through_over_http_2(server, host, name):
    headers = [(spelling, "spoofed") for spelling in spellings(name)]
    with server.h2(host=host) as connection:
        for path, response in zip(PATHS, connection.gather(PATHS, [*headers, ("X-Mine", "kept")])):
            assert arrived(response.seen, "X-Mine") == ["kept"]
            assert "spoofed" not in response.text, path
            assert under_our_names(response) == [], path


@pytest.mark.parametrize("path", PATHS)
def test_ours_stand_alone_where_a_client_sends_the_same(server, pki, path):
    headers = [("X-Client-DN", "spoofed"), ("x_client_dn", "spoofed"), ("X.Client.DN", ""), ("Client-Cert", "spoofed"),
               ("client_cert", ":c3Bvb2ZlZA==:"), ("Client-Cert-Chain", "spoofed"), ("X-Client-Mail", "spoofed")]
    with server.tls(pki.mallory) as connection:
        for _ in range(2):
            response = connection.get(path, headers)
            assert "spoofed" not in response.text and "c3Bvb2ZlZA" not in response.text
            assert arrived(response.seen, "X-Client-DN") == ["CN=Mallory,O=Evil"]
            assert len(arrived(response.seen, "Client-Cert")) == 1
            assert sorted(folded(name) for name, _ in under_our_names(response)) == \
                ["client-cert", "client-cert-chain", "x-client-dn"]


@pytest.mark.parametrize("path", PATHS)
def test_neither_repeated_nor_empty_nor_folded_fields_get_through(server, path):
    forms = (b"X-Client-DN: spoofed\r\nX-Client-DN: spoofed\r\n", b"X-Client-DN:\r\n", b"Client-Cert:    \r\n",
             b"X-Client-DN:spoofed\r\n spoofed\r\n", b"X-Client-DN:\r\n\tspoofed\r\n  spoofed\r\n",
             b"Client_Cert: \t spoofed \t \r\n", b"x-cLIENT-dN: spoofed, spoofed\r\nX_Client_DN: spoofed\r\n")
    with server.tls() as connection:
        for form in forms:
            connection.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\n%sX-Mine: kept\r\n\r\n" % (path.encode(), form))
            response = connection.response()
            assert "spoofed" not in response.text, form
            assert under_our_names(response) == [], form


@pytest.mark.parametrize("form", [b"X-Client-DN : spoofed", b"X-Client-DN\t: spoofed", b"X-Client-DN\x0b: spoofed",
                                  b"X-Client-DN\0: spoofed", b"X-Client-DN\r: spoofed", b"X Client DN: spoofed",
                                  b"X\xadClient\xadDN: spoofed", b"X-Mine: kept\r\n X-Client-DN: spoofed",
                                  b"X-Mine: kept\rX-Client-DN: spoofed", b"X-Mine: kept\0\r\nX-Client-DN: spoofed",
                                  b"X-Mine: kept\nX-Client-DN: spoofed", b"X-Mine:\r\n \r\nX-Client-DN: spoofed",
                                  b"X-Client-DN:\r\n \r\n spoofed", b"X-Client-DN: spoofed\nX-Mine: kept"])
@pytest.mark.parametrize("port", ["https", "lenient"])
def test_a_torn_field_is_refused_or_makes_no_header(server, form, port):
    """httpd refuses most of these, more of them with HttpProtocolOptions Strict; what it lets in
    must not come out as one of ours."""
    for path in ("/http/x", "/fcgi/x", "/cgi-bin/seen"):
        with server.tls() if port == "https" else PlainConnection(server.ports[port]) as connection:
            connection.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n" % (path.encode(), form))
            response = connection.response()
            if response.header("Content-Type") == "application/json":
                response.status = 200
                assert under_our_names(response) == []
            else:
                assert response.status == 400
    server.allow_log("AH0|AH1")


EARLY = (b"GET / HTTP/1.1\r\n%s\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n%s\r\n",
         b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: nothing\r\n%s\r\n",
         b"GET /missing HTTP/1.1\r\nHost: localhost\r\n%s\r\n")
UNREADABLE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n%s\r\n",
              b"GET / HTTP/1.1\r\nHost: localhost\r\n%sBad Name: x\r\n\r\n",
              b"GET / HTTP/1.1\r\nHost: localhost\r\n%s" + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n")
SPOOFED = b"X-Mine: kept\r\nX-Client-DN: spoofed\r\nClient-Cert: spoofed\r\nX_Client_Mail: spoofed\r\n"


@pytest.mark.parametrize("request_line", EARLY, ids=["no host", "a bad host", "an expectation", "no such file"])
def test_a_request_that_fails_early_brings_nothing_to_its_error_document(server, request_line):
    """An ErrorDocument is an application too, and some requests fail before any module sees them."""
    with server.tls() as connection:
        connection.send(request_line % SPOOFED)
        response = connection.response()
    assert response.status in (200, 400, 404)  # 200 is that of the proxied ErrorDocument
    response.status = 200
    assert arrived(response.seen, "X-Mine") == ["kept"]
    assert "spoofed" not in response.text
    assert under_our_names(response) == []


@pytest.mark.parametrize("request_line", UNREADABLE, ids=["a bad length", "a bad name", "a long line"])
def test_a_request_that_cannot_be_read_brings_nothing_into_the_log(server, request_line):
    mark = (server.root / "logs" / "headers").stat().st_size
    with server.tls() as connection:
        connection.send(request_line % SPOOFED)
        response = connection.response()
    assert response.status == 400 and "spoofed" not in response.text
    logged = wait_until(lambda: (server.root / "logs" / "headers").read_text()[mark:], "a line in the access log")
    assert logged == "kept - - -\n"
    server.allow_log("AH01270")  # the ErrorDocument is a script, and has no body to read


@pytest.mark.parametrize("path", ["/index.html", "/http/x", "/h2c/x"])
@pytest.mark.parametrize("host", HOSTS)
def test_trace_does_not_echo_them(server, path, host):
    headers = [(spelling, "spoofed") for name in ("X-Client-DN", "Client-Cert") for spelling in spellings(name)]
    response = ask(server, path, host, method="TRACE", headers=[*headers, ("X-Mine", "kept")])
    assert response.status == 200
    assert "kept" in response.text
    assert "spoofed" not in response.text


def test_an_early_reader_of_the_request_does_not_see_them(server):
    """RequestHeader ... early, SetEnvIf: they run as early as a module can."""
    headers = [("X-Client-DN", "spoofed"), ("X_Client_DN", "spoofed"), ("Client-Cert", "spoofed")]
    for host in HOSTS:
        response = ask(server, "/cgi-bin/seen", host, headers=headers)
        assert "COPIED" not in response.seen.env
        assert "spoofed" not in response.text


def test_a_subrequest_does_not_see_them(server):
    response = server.curl("/index.shtml", headers=[("X-Client-DN", "spoofed"), ("Client_Cert", "spoofed")])
    assert response.status == 200
    assert under_our_names(response) == []


@pytest.mark.parametrize("path", ["/http/x", "/h2c/x", "/ajp/x"])
def test_names_that_merely_resemble_ours_are_untouched(server, pki, path):
    names = ("X-Client-DNS", "X-Client-D", "XClient-DN", "X-Client", "X--Client-DN", "X-Client-DN-", "Client-Certs",
             "Client-Certificate", "My-Client-Cert", "Client-Cert-Chains", "ClientCert", "DN", "X-HTTP-Method-Override",
             "SSL-CLIENT-CERTS", "SSL-CLIENT")
    seen = server.curl(path, cert=pki.mallory, headers=[(name, f"{name}=1") for name in names]).seen
    assert [seen.value(name) for name in names] == [f"{name}=1" for name in names]


def test_the_removal_is_in_the_log(server):
    server.curl(headers=[("X-Client-DN", "spoofed"), ("client_cert", "spoofed"), ("X-Mine", "kept")])
    assert any("removed 2 request headers" in line for line in server.log_lines("CC0110"))

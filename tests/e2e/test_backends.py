# SPDX-License-Identifier: Apache-2.0
"""The headers reach the application over every protocol that httpd speaks to it, in every way that
a request is handed on, and a client's `Connection` header does not take them away."""
import functools

import pytest
from harness.gateways import PATHS, Gateways, arrived
from harness.pki import openssl
from harness.structured_fields import byte_sequence, byte_sequences

SITE = """
    RewriteEngine On
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
        Protocols h2 http/1.1
        ProxyRequests Off
        %s
        <Proxy balancer://applications>
            BalancerMember ${http_backend}
            BalancerMember ${ajp_backend}
        </Proxy>
        ProxyPassMatch ^/match/(.*)$ ${http_backend}/$1
        ProxyPass /balanced/ balancer://applications/
        <Location /inside>
            ProxyPass ${http_backend}/inside
        </Location>
        RewriteEngine On
        RewriteRule ^/rewritten/(.*)$ ${http_backend}/$1 [P]
        RewriteRule ^/rewritten-fcgi/(.*)$ ${fcgi_backend}/$1 [P]
        <LocationMatch "^/handler/">
            SetHandler "proxy:${fcgi_backend}/"
        </LocationMatch>
        <Location />
            ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
            ClientCertHeader X-Client-Verify "%%{SSL_CLIENT_VERIFY}"
            ClientCertHeader X-Client-Mail "%%{CLIENTCERT_SAN_EMAIL}"
            ClientCertForward rfc9440
        </Location>
    </VirtualHost>
"""
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
WAYS = ("/match/x", "/balanced/x", "/balanced/y", "/inside/x", "/rewritten/x", "/rewritten-fcgi/x", "/handler/x")


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    server.configure(SITE % gateways.configuration(),
                     modules=f"http2 rewrite slotmem_shm proxy_balancer lbmethod_byrequests {Gateways.MODULES}",
                     http_backend=gateways.http.url, ajp_backend=gateways.ajp.url,
                     fcgi_backend=gateways.fcgi.url)
    server.page("handler/x")
    server.start()


@pytest.fixture(scope="module")
def bob(pki):
    return pki.ca.intermediate("/CN=Issuing CA").client("/O=garex AG/CN=Bob", san=["email:bob@example.org"])


@functools.cache
def root_of(pki):
    return openssl("x509", "-in", pki.ca.cert, "-outform", "DER")


def check_alice(seen, pki):
    assert arrived(seen, "X-Client-DN") == [ALICE]
    assert arrived(seen, "X-Client-Verify") == ["SUCCESS"]
    assert arrived(seen, "X-Client-Mail") == ["alice@example.org"]
    assert [byte_sequence(value) for value in arrived(seen, "Client-Cert")] == [pki.alice.der]
    # The clients' OpenSSL adds what leads from a lone certificate to a root it knows.
    assert byte_sequences(arrived(seen, "Client-Cert-Chain")) == [root_of(pki)]


def check_nobody(seen):
    assert arrived(seen, "X-Client-Verify") == ["NONE"]
    for name in ("X-Client-DN", "X-Client-Mail", "Client-Cert", "Client-Cert-Chain"):
        assert arrived(seen, name) == [], name


@pytest.mark.parametrize("path", PATHS + WAYS)
def test_every_backend_is_told_who_came(server, pki, path):
    check_alice(server.curl(path, cert=pki.alice).seen, pki)
    check_nobody(server.curl(path).seen)


@pytest.mark.parametrize("path", PATHS)
def test_every_backend_gets_the_chain(server, pki, bob, path):
    seen = server.curl(path, cert=bob).seen
    leaf, *rest = [byte_sequence(value) for value in arrived(seen, "Client-Cert")]
    assert (leaf, rest) == (bob.der, [])
    assert len(byte_sequences(arrived(seen, "Client-Cert-Chain"))) == 1


@pytest.mark.parametrize("path", PATHS + WAYS)
def test_every_backend_is_told_the_same_over_http_2(server, pki, path):
    with server.h2(pki.alice) as connection:
        for response in connection.gather([path] * 8):
            check_alice(response.seen, pki)


@pytest.mark.parametrize("path", PATHS)
def test_requests_of_one_connection_are_told_alike_with_and_without_bodies(server, pki, path):
    with server.tls(pki.alice) as connection:
        for number in range(4):
            body = b"body" if number % 2 else b""
            seen = connection.request("POST" if body else "GET", path, body=body).seen
            check_alice(seen, pki)
            assert seen.body == body.decode()


NOMINATIONS = (
    "X-Client-DN",
    "x-client-dn, X-CLIENT-VERIFY,x-client-mail",
    "client-cert, keep-alive",
    "keep-alive ,Client-Cert , X-Client-DN,,\tClient-Cert-Chain, X-Client-Mail",
    "close, X-Client-DN, Client-Cert, X-Client-Verify",
)


@pytest.mark.parametrize("path", PATHS + WAYS)
def test_a_connection_header_does_not_remove_ours(server, pki, path):
    for nomination in NOMINATIONS:
        check_alice(server.curl(path, cert=pki.alice, headers={"Connection": nomination}).seen, pki)
        check_nobody(server.curl(path, headers={"Connection": nomination}).seen)


@pytest.mark.parametrize("path", PATHS)
def test_several_connection_headers_do_not_remove_ours(server, pki, path):
    headers = [("Connection", "X-Client-DN"), ("connection", "Client-Cert"), ("X-Client-DN", "spoofed"),
               ("Connection", "X-Client-Verify"), ("Proxy-Connection", "X-Client-Mail")]
    with server.tls(pki.alice) as connection:
        response = connection.get(path, headers)
        assert "spoofed" not in response.text
        check_alice(response.seen, pki)


def test_a_connection_header_removes_what_is_not_ours(server, pki):
    """The proof that the tests above nominate as clients do: mod_proxy obeys otherwise."""
    headers = {"Connection": "X-Other, X-Client-DN", "X-Other": "1"}
    seen = server.curl("/http/x", cert=pki.alice, headers=headers).seen
    assert arrived(seen, "X-Other") == []
    check_alice(seen, pki)


def test_an_upgrade_does_not_remove_ours(server, pki):
    headers = {"Connection": "upgrade, X-Client-DN", "Upgrade": "websocket"}
    check_alice(server.curl("/http/x", cert=pki.alice, headers=headers).seen, pki)

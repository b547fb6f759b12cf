# SPDX-License-Identifier: Apache-2.0
"""What a connection's certificate is worth, and for how long."""
import ssl
import time
from types import SimpleNamespace

import pytest
from harness import identity, tls
from harness.curl import CurlError
from harness.pki import openssl
from harness.waiting import PATIENCE, wait_until

SITE = """
    Protocols h2 http/1.1
    KeepAliveTimeout 100
    Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    Header always set X-Subject "expr=%{CLIENTCERT_SUBJECT}"
    ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
    ClientCertHeader X-Client-Verify "%{SSL_CLIENT_VERIFY}"
    CustomLog logs/access "%U %{CLIENTCERT_VERIFY}e %{CLIENTCERT_REASON}e %{CLIENTCERT_SUBJECT}e"
    <Location /seen>
        ProxyPass ${backend}/seen
    </Location>
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
    <Location /line>
        Require clientcert
    </Location>
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
    </VirtualHost>
    <VirtualHost *:${generous}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        SSLVerifyDepth 3
    </VirtualHost>
    <VirtualHost *:${http}>
    </VirtualHost>
"""
LIFETIME = f"+{int(3 * PATIENCE)}s"
SHORT = ("leaf", "intermediate")  # what of a chain ends soon


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules="headers proxy_http http2", ports="http https generous",
                     backend=backends.http.url)
    server.page("rule")
    server.page("line")
    server.start()


def end_of(certificate):
    text = openssl("x509", "-in", certificate, "-noout", "-enddate").decode().strip()
    return ssl.cert_time_to_seconds(text.removeprefix("notAfter="))


def short_lived(pki):
    """Clients by what of their chain ends soon, and when all of that has ended."""
    issuer = pki.ca.intermediate("/O=Test/CN=Short-lived CA", valid=("-1d", LIFETIME))
    leaf = pki.ca.client("/O=garex AG/CN=Leaf", valid=("-1d", LIFETIME))
    credentials = {"leaf": leaf, "intermediate": issuer.client("/O=garex AG/CN=Intermediate")}
    return credentials, max(map(end_of, [leaf.cert, issuer.cert]))


@pytest.fixture(scope="module")
def aged(server, pki, site):
    """Connections by (what is short-lived, TLS, HTTP), opened while all was valid, used now that it is
    not; and the HTTP/1.1 ones have a session to resume."""
    credentials, ends = short_lived(pki)
    connections = {}
    for kind, credential in credentials.items():
        for version in "1.2", "1.3":
            for protocol, connect in ("h1", server.tls), ("h2", server.h2):
                connection = connections[kind, version, protocol] = connect(credential, version=version)
                for path in "/rule", "/line":
                    response = connection.get(path)
                    assert (response.status, response.header("x-verify")) == (200, "SUCCESS none")
                seen = connection.get("/seen").seen
                assert seen.value("X-Client") == f"CN={kind.capitalize()},O=garex AG"
                assert seen.value("X-Client-Verify") == "SUCCESS"
    assert time.time() < ends, "the certificates were made to live too short"
    # notAfter itself is still valid.
    wait_until(lambda: time.time() >= ends + 1, "the certificates do not expire", timeout=10)
    yield SimpleNamespace(connections=connections, credentials=credentials)
    for connection in connections.values():
        connection.__exit__()


combinations = [(kind, version, protocol) for kind in SHORT for version in ("1.2", "1.3")
                for protocol in ("h1", "h2")]


@pytest.mark.parametrize("kind,version,protocol", combinations)
def test_a_certificate_stops_being_valid_while_its_connection_is_open(server, aged, kind, version, protocol):
    connection = aged.connections[kind, version, protocol]
    for path in "/rule", "/line":
        response = connection.get(path)
        assert (response.status, response.header("x-verify")) == (403, "FAILED expired")
        assert response.header("x-subject") in (None, "")
    server.expect_log("AH01630", times=1)
    for line in server.expect_log("CC0101", times=2):
        assert "reason=expired verify=FAILED" in line
        assert f'subject="CN={kind.capitalize()},O=garex AG"' in line


@pytest.mark.parametrize("kind,version,protocol", combinations)
def test_an_expired_certificate_is_told_to_no_backend(aged, kind, version, protocol):
    seen = aged.connections[kind, version, protocol].get("/seen", {"X-Client": "CN=Admin"}).seen
    assert seen.value("X-Client") is None
    assert seen.value("X-Client-Verify") == "FAILED:expired"


@pytest.mark.parametrize("kind", SHORT)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_expired_certificate_is_no_better_on_a_resumed_session(server, aged, kind, version):
    with aged.connections[kind, version, "h1"].resume() as connection:
        assert connection.resumed
        response = connection.get("/rule")
        assert (response.status, response.header("X-Verify")) == (403, "FAILED expired")
        assert connection.get("/seen").seen.value("X-Client") is None
    assert "reason=expired" in server.expect_log("CC0101", times=1)[0]


@pytest.mark.parametrize("kind", SHORT)
def test_an_expired_certificate_ends_a_new_handshake_by_mod_ssl(server, aged, kind):
    with pytest.raises(CurlError) as failure:
        server.curl("/rule", cert=aged.credentials[kind])
    assert failure.value.code in (35, 56)


# -- the verdict on what is presented ----------------------------------------------------------

@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_a_certificate_of_a_trusted_ca_is_valid(server, pki, tls, http):
    response = server.curl("/rule", cert=pki.alice, tls=tls, http=http)
    assert (response.status, response.header("X-Verify")) == (200, "SUCCESS none")
    assert response.header("X-Subject") == "CN=Alice,OU=Fun dept.,O=garex AG"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_no_certificate_is_no_failure(server, tls):
    response = server.curl(tls=tls)
    assert (response.status, response.header("X-Verify")) == (200, "NONE none")
    assert server.curl("/seen", tls=tls).seen.value("X-Client-Verify") == "NONE"


def test_a_connection_without_tls_has_no_certificate(server):
    assert server.curl(port="http").header("X-Verify") == "NONE none"
    assert server.status("/rule", port="http") == 403
    assert "reason=rule verify=NONE" in server.expect_log("CC0101", times=1)[0]


def test_a_chain_through_an_intermediate_is_verified(server, pki):
    issuing = pki.ca.intermediate("/O=Test/CN=Issuing").intermediate("/O=Test/CN=Issuing below")
    response = server.curl("/rule", cert=issuing.client("/O=garex AG/CN=Below"))
    assert (response.status, response.header("X-Verify")) == (200, "SUCCESS none")


def stranger(pki, kind):
    if kind == "self-signed":
        return pki.self_signed("/O=garex AG/CN=Alice")
    other = pki.authority("/O=Test/CN=Test CA")  # the same name, another key
    return other.client("/O=garex AG/CN=Alice")


@pytest.mark.parametrize("kind", ["self-signed", "unknown-issuer"])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_what_mod_ssl_lets_through_unverified_is_not_valid(server, pki, kind, tls, http):
    credential = stranger(pki, kind)
    response = server.curl("/rule", cert=credential, port="generous", tls=tls, http=http)
    assert (response.status, response.header("X-Verify")) == (403, f"FAILED {kind}")
    seen = server.curl("/seen", cert=credential, port="generous", tls=tls, http=http).seen
    assert (seen.value("X-Client"), seen.value("X-Client-Verify")) == (None, f"FAILED:{kind}")
    assert f"reason={kind} verify=FAILED" in server.expect_log("CC0101", times=1)[0]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_it_does_not_become_valid_by_asking_again(server, pki, version):
    """On TLS 1.2 mod_ssl resets OpenSSL's verify result at each request."""
    with server.tls(stranger(pki, "self-signed"), port="generous", version=version) as connection:
        for _ in range(3):
            assert connection.get("/line").status == 403
            assert connection.get("/rule").status == 403
            assert connection.get("/seen").seen.value("X-Client") is None
    server.expect_log("AH01630", times=3)
    server.expect_log("CC0101", times=6)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_handshake_with_another_key_than_the_certificates_fails(server, pki, version):
    forged = tls.context(ca=pki.ca.cert, version=version)
    identity.forge_context(forged, pki.alice)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with server.tls(made=forged) as connection:
            connection.get("/rule")
    server.expect_log("CC0212", times=1)
    server.allow_log("SSL Library Error|AH02008")


def test_the_access_log_tells_what_the_rules_saw(server, pki):
    server.curl("/rule", cert=pki.alice)
    line = "/rule SUCCESS none CN=Alice,OU=Fun dept.,O=garex AG\n"
    wait_until(lambda: line in (server.root / "logs" / "access").read_text(), f"no {line!r} in the log")

# SPDX-License-Identifier: Apache-2.0
"""A certificate that comes in the middle of a connection: renegotiation (TLS 1.2) and post-handshake
authentication (TLS 1.3), which mod_ssl starts where a directory has an SSLVerifyClient of its own."""
import ssl

import pytest
from harness import identity
from harness.waiting import wait_until

SITE = """
    KeepAliveTimeout 60
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient none
        SSLCipherSuite ECDHE+AESGCM
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY}"
        Header always set X-Subject "expr=%{CLIENTCERT_SUBJECT}"
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
        CustomLog logs/access "%r %>s %{CLIENTCERT_VERIFY}e %{CLIENTCERT_REASON}e"
        <Location /required>
            SSLVerifyClient require
        </Location>
        <Location /optional>
            SSLVerifyClient optional
        </Location>
        <Location /optional/seen>
            ProxyPass ${backend}/seen
        </Location>
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /optional/rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /optional/line>
            Require clientcert
        </Location>
        <Location /generous>
            SSLVerifyClient optional_no_ca
        </Location>
        <Location /generous/rule>
            ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS" or %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /generous/seen>
            ProxyPass ${backend}/seen
        </Location>
        <Location /recoded>
            SSLCipherSuite ECDHE+CHACHA20
        </Location>
        <Location /small>
            SSLVerifyClient require
            SSLRenegBufferSize 1000
        </Location>
    </VirtualHost>
"""
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
MALLORY = "CN=Mallory,O=Evil"
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules="headers proxy_http", ports="https", backend=backends.http.url)
    for page in ("required", "optional/page", "optional/rule", "optional/line", "rule", "generous/page",
                 "generous/rule", "recoded", "small"):
        server.page(page)
    server.start()


def told(response):
    """What the response says of the certificate."""
    return response.header("X-Verify"), response.header("X-Subject") or None


def answers(connection, path):
    response = connection.get(path)
    assert response.status == 200
    return told(response)


# -- a certificate appears ---------------------------------------------------------------------

@both_versions
def test_there_is_no_certificate_before_it_was_asked_for(server, pki, version):
    with server.tls(pki.alice, version=version) as connection:
        assert answers(connection, "/index.html") == ("NONE", None)
        assert answers(connection, "/required") == ("SUCCESS", ALICE)
        assert answers(connection, "/index.html") == ("SUCCESS", ALICE)


@both_versions
def test_the_first_request_of_a_connection_may_ask(server, pki, version):
    with server.tls(pki.alice, version=version) as connection:
        assert answers(connection, "/required") == ("SUCCESS", ALICE)


@both_versions
def test_a_rule_of_the_directory_that_asks_sees_the_certificate(server, pki, version):
    with server.tls(pki.alice, version=version) as connection:
        assert connection.get("/optional/rule").status == 200
    with server.tls(pki.mallory, version=version) as connection:
        assert connection.get("/optional/rule").status == 403
    assert "reason=rule verify=SUCCESS" in server.expect_log("CC0101", times=1)[0]


@both_versions
def test_a_rule_that_failed_without_a_certificate_is_asked_again(server, pki, version):
    """Its outcome is remembered, but only for what the peer had presented by then."""
    with server.tls(pki.alice, version=version) as connection:
        assert connection.get("/rule").status == 403
        assert connection.get("/rule").status == 403
        assert connection.get("/required").status == 200
        assert connection.get("/rule").status == 200
    assert all("verify=NONE" in line for line in server.expect_log("CC0101", times=2))


@both_versions
def test_a_client_without_certificate_stays_one(server, version):
    with server.tls(version=version) as connection:
        assert answers(connection, "/optional/page") == ("NONE", None)
        assert connection.get("/optional/rule").status == 403
        assert connection.get("/optional/line").status == 403
    server.expect_log("AH01630", times=1)
    assert all("verify=NONE" in line for line in server.expect_log("CC0101", times=2))


def test_a_client_that_offers_no_post_handshake_authentication_has_no_certificate(server, pki):
    with server.tls(pki.alice, version="1.3", pha=False) as connection:
        assert connection.get("/optional/rule").status == 403
        assert answers(connection, "/index.html") == ("NONE", None)
    server.expect_log("AH10158", times=1)
    server.expect_log("extension not received")


@both_versions
def test_the_body_of_the_request_that_asks_reaches_the_backend(server, pki, version):
    body = bytes(range(256)) * 400
    with server.tls(pki.alice, version=version) as connection:
        seen = connection.request("POST", "/optional/seen", body=body).seen
        assert seen.body.encode("latin-1") == body
        assert seen.value("X-Client") == ALICE
        assert connection.get("/optional/seen").seen.value("X-Client") == ALICE


@both_versions
def test_a_body_too_large_to_wait_for_the_certificate_is_refused(server, pki, version):
    with server.tls(pki.alice, version=version) as connection:
        assert connection.request("POST", "/small", body=b"x" * 5000).status == 413
    server.expect_log("AH02257" if version == "1.2" else "AH10228", times=1)
    server.allow_log("AH02018")


def test_openssl_as_a_client_renegotiates(server, pki):
    with server.s_client("-tls1_2", cert=pki.alice) as client:
        assert client.get("/optional/rule") == 200
        client.expect("X-Verify: SUCCESS")


# -- a certificate changes ---------------------------------------------------------------------

def test_the_certificate_of_a_connection_can_change(server, pki):
    with server.tls(pki.alice, version="1.2") as connection:
        for credential, name, status in [(pki.alice, ALICE, 200), (pki.mallory, MALLORY, 403)] * 3:
            # mod_ssl asks again wherever the setting was weaker in between.
            assert connection.get("/index.html").status == 200
            identity.change(connection, credential)
            assert answers(connection, "/optional/page") == ("SUCCESS", name)
            assert answers(connection, "/index.html") == ("SUCCESS", name)
            assert connection.get("/optional/rule").status == status
            assert connection.get("/rule").status == status
            assert connection.get("/optional/seen").seen.value("X-Client") == name
    server.expect_log("CC0101", times=6)


def test_the_certificate_of_a_connection_can_be_withdrawn(server, pki):
    with server.tls(pki.alice, version="1.2") as connection:
        assert answers(connection, "/optional/page") == ("SUCCESS", ALICE)
        assert answers(connection, "/index.html") == ("SUCCESS", ALICE)
        identity.forget(connection)
        assert answers(connection, "/optional/page") == ("NONE", None)
        assert connection.get("/rule").status == 403
        assert connection.get("/optional/seen").seen.value("X-Client") is None
    server.expect_log("CC0101", times=1)


def test_a_handshake_that_asks_for_none_leaves_none(server, pki):
    """Another cipher suite is a reason to renegotiate, too."""
    with server.tls(pki.alice, version="1.2") as connection:
        assert answers(connection, "/required") == ("SUCCESS", ALICE)
        assert answers(connection, "/recoded") == ("NONE", None)
        assert connection.get("/rule").status == 403
    server.expect_log("CC0101", times=1)


def test_a_second_post_handshake_authentication_changes_nothing(server, pki):
    """mod_ssl tries; OpenSSL asks once on a connection, since mod_ssl sets SSL_VERIFY_CLIENT_ONCE."""
    with server.tls(version="1.3") as connection:
        assert answers(connection, "/optional/page") == ("NONE", None)
        identity.change(connection, pki.alice)
        assert connection.get("/required").status == 403
        assert answers(connection, "/index.html") == ("NONE", None)
        assert connection.get("/rule").status == 403
    server.expect_log("AH10158", times=1)
    server.expect_log("invalid config")
    server.expect_log("CC0101", times=1)


@both_versions
def test_a_certificate_nobody_vouches_for_is_told_but_not_believed(server, pki, backends, version):
    stranger = pki.self_signed("/O=garex AG/CN=Alice")
    with server.tls(stranger, version=version) as connection:
        for _ in range(2):
            assert answers(connection, "/generous/page") == ("FAILED", None)
            assert connection.get("/generous/seen").seen.value("X-Client") is None
            assert connection.get("/generous/rule").status == 403
            assert connection.get("/rule").status == 403
    assert all("reason=self-signed" in line for line in server.expect_log("CC0101", times=4))


@both_versions
def test_a_certificate_that_mod_ssl_refuses_does_not_count(server, pki, backends, version):
    """With TLS 1.3 and `optional`, mod_ssl goes on with the request on the broken connection."""
    stranger = pki.self_signed("/O=garex AG/CN=Alice")
    with server.tls(stranger, version=version) as connection:
        assert try_to_get(connection, f"/optional/rule?refused{version}") in (None, 403)
    with server.tls(stranger, version=version) as connection:
        try_to_get(connection, f"/optional/seen?refused{version}")
    assert access(server, f"/optional/rule?refused{version}").startswith("403 ")
    assert access(server, f"/optional/seen?refused{version}").split()[1] != "SUCCESS"
    for seen in backends.http.requests:
        if f"refused{version}" in seen.target:
            assert seen.value("X-Client") is None
    server.allow_log("CC0101|CC0212|AH02261|AH02225|AH01102|SSL Library Error")


# -- a client that may not, or cannot ----------------------------------------------------------

def refused(client):
    """Waits for the alert with which OpenSSL says no; the connection ends."""
    client.expect("RENEGOTIATING.*:no renegotiation:")
    client.ended()


def test_a_client_may_still_not_start_a_renegotiation(server, pki):
    """Our callback stands before that of mod_ssl, which has a part in this."""
    with server.s_client("-tls1_2", cert=pki.alice) as client:
        assert client.get() == 200
        client.renegotiate()
        refused(client)


def test_not_even_after_the_server_has_started_one(server, pki):
    with server.s_client("-tls1_2", cert=pki.alice) as client:
        assert client.get("/required") == 200
        client.renegotiate()
        refused(client)


def access(server, path):
    """The line in the access log of the request to that path, once it is there."""
    log = server.root / "logs" / "access"
    start = f"GET {path} HTTP/1.1 "
    return wait_until(lambda: [line for line in log.read_text().splitlines() if line.startswith(start)],
                      f"no {path} in the access log")[-1].removeprefix(start)


def try_to_get(connection, path):
    """Asks for a page; the server may end the connection without an answer."""
    try:
        return connection.get(path).status
    except (ssl.SSLError, ConnectionError):
        return None


@both_versions
def test_a_certificate_without_its_key_does_not_count_for_a_rule(server, pki, version):
    """RFC 8446, 4.4.3: it is the signature that proves possession. OpenSSL knows the certificate before."""
    with server.tls(version=version) as connection:
        assert answers(connection, "/index.html") == ("NONE", None)
        identity.forge(connection, pki.alice)
        assert try_to_get(connection, f"/optional/rule?forged{version}") in (None, 403)
    assert access(server, f"/optional/rule?forged{version}").startswith("403 ")
    forged_is_logged(server, version)


@both_versions
def test_a_certificate_without_its_key_does_not_count_for_an_authorization_line(server, pki, version):
    with server.tls(version=version) as connection:
        identity.forge(connection, pki.alice)
        assert try_to_get(connection, f"/optional/line?forged{version}") in (None, 403)
    assert access(server, f"/optional/line?forged{version}").startswith("403 ")
    server.allow_log("AH01630")
    forged_is_logged(server, version)


@both_versions
def test_a_certificate_without_its_key_is_told_to_no_backend(server, pki, backends, version):
    with server.tls(version=version) as connection:
        identity.forge(connection, pki.alice)
        try_to_get(connection, f"/optional/seen?forged{version}")
    assert not access(server, f"/optional/seen?forged{version}").endswith("SUCCESS none")
    for seen in backends.http.requests:
        if f"forged{version}" in seen.target:
            assert seen.value("X-Client") is None
    server.allow_log("CC0212|AH02261|AH10158|AH01102|SSL Library Error")


@both_versions
def test_a_certificate_without_its_key_is_refused_where_one_is_required(server, pki, version):
    with server.tls(version=version) as connection:
        identity.forge(connection, pki.alice)
        assert try_to_get(connection, f"/required?forged{version}") in (None, 403)
    assert not access(server, f"/required?forged{version}").endswith("SUCCESS none")
    server.allow_log("CC0212|AH02261|AH02225|SSL Library Error")


def forged_is_logged(server, version):
    if version == "1.3":
        assert "reason=error verify=FAILED" in server.expect_log("CC0101", times=1)[0]
    server.allow_log("CC0212|AH02261|AH02225|SSL Library Error")

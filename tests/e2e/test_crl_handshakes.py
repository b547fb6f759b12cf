# SPDX-License-Identifier: Apache-2.0
"""Every way by which a certificate comes to the server: whatever mod_ssl is told to do about it, a revoked
one gets nothing."""
import ssl

import pytest
from harness import identity
from harness.crls import becomes, crl, folder, outcome, publish, ready

HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient %s
        SSLVerifyDepth 3
        Header always set X-Verify "expr=%%{CLIENTCERT_VERIFY} %%{CLIENTCERT_REASON}"
        ClientCertHeader X-Client "%%{CLIENTCERT_SUBJECT}"
        <Location /asked>
            SSLVerifyClient require
        </Location>
        <Location /rule>
            ClientCertRequire %%{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </Location>
        <Location /line>
            Require clientcert
        </Location>
    </VirtualHost>
"""
PORTS = {"optional": "optional", "require": "require", "generous": "optional_no_ca", "ask": "none"}
SITE = "KeepAliveTimeout 60\nClientCertCRL ${crl}\n" + "".join(HOST % host for host in PORTS.items())
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, bob):
    file = publish(folder(server) / "ca.crl", crl(pki.ca, [bob]))
    server.configure(SITE, modules="headers", ports=" ".join(PORTS), crl=file)
    for page in "asked", "rule", "line":
        server.page(page)
    server.start()
    ready(server, pki.alice, port="require")
    becomes(server, bob, "revoked", port="require")


@pytest.fixture(scope="module")
def bob(pki):
    return pki.ca.client("/CN=Bob")


def refused(ask):
    """By an alert, by the end of the connection, or by 403; what it was."""
    try:
        response = ask()
    except ssl.SSLError as error:
        assert error.reason == "SSLV3_ALERT_CERTIFICATE_REVOKED", error
        return "alert"
    except ConnectionError:
        return "closed"
    assert response.status == 403 and response.header("X-Verify") == "FAILED revoked"
    return response.status


@both_versions
@pytest.mark.parametrize("port", ["optional", "require", "generous"])
def test_at_the_handshake_it_is_the_alert(server, pki, bob, port, version):
    mark = server.mark()
    assert outcome(server, bob, port=port, version=version) == "revoked"
    assert outcome(server, pki.alice, port=port, version=version) == 200
    server.allow_log("CC0205")
    line, = server.errors.wait("CC0205", since=mark)
    assert ":error]" in line and f"reason=revoked serial={bob.serial}" in line


@both_versions
@pytest.mark.parametrize("path", ["/asked", "/asked/../asked"])
def test_a_certificate_that_is_asked_for_later(server, pki, bob, version, path):
    """By renegotiation (TLS 1.2) and by post-handshake authentication (TLS 1.3)."""
    with server.tls(bob, port="ask", version=version) as connection:
        assert connection.get("/index.html").header("X-Verify") == "NONE none"
        assert refused(lambda: connection.get(path)) in ("alert", "closed", 403)
    with server.tls(pki.alice, port="ask", version=version) as connection:
        assert connection.get("/index.html").status == connection.get(path).status == 200
        assert connection.get("/rule").status == connection.get("/line").status == 200
    server.allow_log(r"CC0205|CC0101|AH0226\d|AH02225|AH10158|SSL Library Error")


def test_a_certificate_that_takes_the_place_of_another(server, pki, bob):
    """A good one first, then, by another renegotiation, one that is revoked."""
    with server.tls(pki.alice, port="ask", version="1.2") as connection:
        assert connection.get("/asked").header("X-Verify") == "SUCCESS none"
        identity.change(connection, bob)
        connection.get("/index.html")
        try:
            response = connection.get("/asked")
            assert response.header("X-Verify") in ("SUCCESS none", "FAILED revoked")
            # mod_ssl may be content with the one that it has: that is Alice's, still.
            assert response.status == (200 if response.header("X-Verify") == "SUCCESS none" else 403)
        except OSError:
            pass
    server.allow_log(r"CC0205|CC0101|AH0226\d|AH02225|AH10158|SSL Library Error")


@both_versions
def test_a_certificate_of_a_stranger_is_told_as_that(server, pki, version):
    """Where mod_ssl lets it pass: revocation is asked about for chains that verified, and no other."""
    stranger = pki.authority("/CN=Stranger").client("/CN=Mallory")
    with server.tls(stranger, port="generous", version=version) as connection:
        response = connection.get("/index.html")
        assert response.header("X-Verify") in ("FAILED unknown-issuer", "FAILED self-signed")
        assert connection.get("/rule").status == 403
    server.allow_log("CC0101")

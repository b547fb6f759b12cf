# SPDX-License-Identifier: Apache-2.0
"""A CRL is replaced while the server runs: who is revoked is out, whoever is not does not notice."""
import time

import pytest
from harness.crls import alert, becomes, crl, folder, outcome, pem, publish, ready, rewrite
from harness.waiting import PATIENCE, wait_until

MPMS = ["event", "worker", "prefork"]
# Connections are kept, so that their next requests are answered: test_crl_connections.py has the rest.
SITE = """
    Protocols h2 http/1.1
    KeepAliveTimeout 60
    MaxKeepAliveRequests 0
    ClientCertCRL ${crl}
    ClientCertRevokedConnections keep
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
        ErrorDocument 403 "it is %{CLIENTCERT_REASON}"
    </VirtualHost>
"""
GOOD, REVOKED = (200, "SUCCESS none"), (403, "FAILED revoked")
CERTIFICATE_REVOKED = 44
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module")
def file(server, pki):
    return publish(folder(server) / "ca.crl", pem(crl(pki.ca)))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file):
    server.configure(SITE, modules="headers" if server.mpm == "prefork" else "headers http2", crl=file)
    if server.mpm == "prefork":
        server.allow_log("AH10034", always=True)  # no HTTP/2 there
    server.start()
    ready(server, pki.alice)


@pytest.fixture
def bob(pki):
    return pki.ca.client("/O=garex AG/CN=Bob")


def told(connection, path="/index.html"):
    response = connection.get(path)
    return response.status, response.header("x-verify")


def until(connection, expected):
    """Makes requests on one connection until one has that answer; then it has to stand."""
    wait_until(lambda: told(connection) == expected, lambda: f"{told(connection)}, not {expected}")
    assert [told(connection) for _ in range(3)] == [expected] * 3


def test_good_clients_and_those_without_certificate_are_served(server, pki, bob):
    assert outcome(server, pki.alice) == outcome(server, bob) == outcome(server, None) == 200


@pytest.mark.parametrize("replace", [publish, rewrite])
def test_a_revoked_client_is_out_at_the_next_handshake(server, pki, bob, file, replace):
    assert outcome(server, bob) == 200
    began = time.monotonic()
    replace(file, pem(crl(pki.ca, [bob])))
    becomes(server, bob, "revoked")
    assert time.monotonic() - began < 4 * PATIENCE  # one second, and some for six handshakes
    assert outcome(server, pki.alice) == outcome(server, None) == 200


@both_versions
def test_the_alert_is_certificate_revoked(server, pki, bob, file, version):
    publish(file, pem(crl(pki.ca, [(bob, "keyCompromise")])))
    becomes(server, bob, "revoked")
    assert alert(server, bob, f"-tls{version.replace('.', '_')}") == CERTIFICATE_REVOKED
    assert outcome(server, bob, version=version) == "revoked"
    assert outcome(server, pki.alice, version=version) == 200
    assert all(bob.serial in line for line in server.log_lines("CC0205"))


@both_versions
def test_a_kept_connection_gets_403_for_its_next_request(server, pki, bob, file, version):
    with server.tls(bob, version=version) as kept, server.tls(pki.alice, version=version) as good, \
            server.tls(version=version) as nobody:
        assert told(kept) == told(good) == GOOD and told(nobody) == (200, "NONE none")
        publish(file, pem(crl(pki.ca, [bob])))
        until(kept, REVOKED)
        assert told(good) == GOOD and told(nobody) == (200, "NONE none")
    server.allow_log("CC0101")
    assert all("reason=revoked verify=FAILED" in line and bob.serial in line for line in server.log_lines("CC0101"))


def test_an_error_page_can_say_why(server, pki, bob, file):
    with server.tls(bob) as kept:
        kept.get()
        publish(file, pem(crl(pki.ca, [bob])))
        until(kept, REVOKED)
        assert kept.get().text == "it is revoked"
    server.allow_log("CC0101")


def test_a_kept_http2_connection_gets_403_for_its_next_streams(server, pki, bob, file):
    if server.mpm == "prefork":
        return  # has no HTTP/2
    with server.h2(bob) as kept, server.h2(pki.alice) as good:
        assert told(kept) == told(good) == GOOD
        publish(file, pem(crl(pki.ca, [bob])))
        until(kept, REVOKED)
        assert [response.status for response in kept.gather(["/index.html"] * 30)] == [403] * 30
        assert [response.status for response in good.gather(["/index.html"] * 30)] == [200] * 30
    server.allow_log("CC0101")


@pytest.mark.parametrize("kind", ["1.1", "2"])
def test_a_client_released_from_hold_is_back_in(server, pki, bob, file, kind):
    if (server.mpm, kind) == ("prefork", "2"):
        return
    with (server.h2 if kind == "2" else server.tls)(bob) as kept:
        assert told(kept) == GOOD
        for _ in range(2):
            publish(file, pem(crl(pki.ca, [(bob, "certificateHold"), pki.mallory])))
            until(kept, REVOKED)
            becomes(server, bob, "revoked")
            publish(file, pem(crl(pki.ca, [pki.mallory])))
            until(kept, GOOD)
            becomes(server, bob, 200)
            becomes(server, pki.mallory, "revoked")
    server.allow_log("CC0101")


def test_a_crl_that_says_the_same_again_changes_nothing(server, pki, bob, file):
    with server.tls(pki.alice) as good:
        assert told(good) == GOOD
        for others in [], [pki.mallory], []:
            publish(file, pem(crl(pki.ca, [bob, *others])))
            assert told(good) == GOOD
        becomes(server, bob, "revoked")
        assert told(good) == GOOD


def test_nothing_was_restarted(server):
    assert server.log().count("resuming normal operations") == 1

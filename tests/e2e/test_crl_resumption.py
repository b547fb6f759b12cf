# SPDX-License-Identifier: Apache-2.0
"""Sessions from before the revocation: with TLS 1.2 and 1.3, from tickets and from the session cache, and
from before a graceful restart. Nobody comes in with one."""
import os
import re

import pytest
from harness.crls import becomes, crl, folder, outcome, publish, ready
from harness.waiting import wait_until

SITE = """
    Protocols h2 http/1.1
    KeepAliveTimeout 60
    ClientCertCRL ${crl}
    SSLSessionTicketKeyFile ${keys}
    <VirtualHost *:${on}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
    <VirtualHost *:${off}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient require
        SSLVerifyDepth 3
        SSLSessionTickets off
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
"""
# Port by SSLSessionTickets, and SSLSessionCache: where a session can be resumed at all.
RESUMABLE = [("on", "shmcb"), ("on", "none"), ("off", "shmcb")]
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
resumable = pytest.mark.parametrize("port,cache", RESUMABLE)
GOOD = (200, "SUCCESS none")
TRIES = 8  # see test_resumption.py


@pytest.fixture(scope="module")
def server_with(make_server, pki):
    """The server with that SSLSessionCache."""
    made = {}

    def get(cache):
        if cache not in made:
            server = made[cache] = make_server()
            server.file = publish(folder(server) / "ca.crl", crl(pki.ca))
            keys = server.root / "ticket.key"
            keys.write_bytes(os.urandom(48))
            server.configure(SITE, modules="headers http2", ports="on off", crl=server.file, keys=keys)
            if cache == "none":
                server.conf.write_text(re.sub(r"SSLSessionCache .*", "SSLSessionCache none", server.conf.read_text()))
                server.allow_log("AH01873", always=True)
            server.start()
            ready(server, pki.alice, port="on")
        return made[cache]
    return get


@pytest.fixture
def bob(pki):
    return pki.ca.client("/CN=Bob")


def told(connection):
    response = connection.get("/index.html")
    return response.status, response.header("X-Verify")


def session_of(server, credential, port, version):
    """A session that the server resumes while nobody is revoked, and what a client needs to offer it."""
    for _ in range(TRIES):
        with server.tls(credential, port=port, version=version) as first:
            assert told(first) == told(first) == GOOD
            with first.resume() as second:
                assert told(second) == GOOD
                if second.resumed:
                    assert told(second) == GOOD
                    return dict(session=second.socket.session, made=first.socket.context, port=port)
    pytest.fail("the server does not resume: nothing is shown")


def refused(server, session):
    """The client is refused, by an alert or by 403; never more than that."""
    try:
        with server.tls(**session) as connection:
            response = connection.get("/index.html")
            assert (response.status, response.header("X-Verify")) == (403, "FAILED revoked")
            assert connection.get("/index.html").status == 403
    except OSError as error:
        text = str(error).upper()
        assert "CERTIFICATE_REVOKED" in text or "CLOSED BY THE PEER" in text or "RESET" in text, error
    server.allow_log("CC0101|CC0205")


@both_versions
@resumable
def test_a_session_from_before_does_not_let_a_revoked_client_in(server_with, pki, bob, port, cache, version):
    server = server_with(cache)
    session = session_of(server, bob, port, version)
    good = session_of(server, pki.alice, port, version)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked", port=port)
    for _ in range(4):
        refused(server, session)
    with server.tls(**good) as connection:
        assert told(connection) == GOOD


@both_versions
@resumable
def test_a_client_released_from_hold_is_back_in_with_its_session_or_without(server_with, pki, bob, port, cache, version):
    server = server_with(cache)
    session = session_of(server, bob, port, version)
    publish(server.file, crl(pki.ca, [(bob, "certificateHold")]))
    becomes(server, bob, "revoked", port=port)
    refused(server, session)
    publish(server.file, crl(pki.ca))
    becomes(server, bob, 200, port=port)
    with server.tls(**session) as connection:
        assert told(connection) == GOOD


@both_versions
@pytest.mark.parametrize("port,cache", [("on", "shmcb"), ("off", "shmcb")])
@pytest.mark.parametrize("restart", ["graceful", "restart"])
def test_a_session_from_before_a_restart(server_with, pki, bob, port, cache, version, restart):
    """The key file is the same: tickets are good in the new generation; the CRL came in between."""
    server = server_with(cache)
    session = session_of(server, bob, port, version)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked", port=port)
    getattr(server, restart)()
    for _ in range(4):
        refused(server, session)
    assert outcome(server, pki.alice, port=port) == 200


@both_versions
def test_a_crl_that_comes_with_a_graceful_restart(server_with, pki, bob, version):
    """Before the new generation has seen it, the session is good; then never again."""
    server = server_with("shmcb")
    session = session_of(server, bob, "on", version)
    server.graceful()
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked", port="on")
    for _ in range(4):
        refused(server, session)


@both_versions
@resumable
def test_a_session_of_an_intermediates_leaf(server_with, pki, port, cache, version):
    """The chain is not there on a resumed session: the intermediate CA's revocation counts all the same."""
    server = server_with(cache)
    sub = pki.ca.intermediate(f"/CN=Sub {port} {cache} {version}")
    bob = sub.client("/CN=Bob")
    below = publish(server.file.with_name("sub.crl"), crl(sub))
    server.write(SITE.replace("ClientCertCRL ${crl}", f"ClientCertCRL ${{crl}}\nClientCertCRL {below}"))
    if cache == "none":
        server.conf.write_text(re.sub(r"SSLSessionCache .*", "SSLSessionCache none", server.conf.read_text()))
    publish(server.file, crl(pki.ca))
    server.graceful()
    becomes(server, bob, 200, port=port)
    session = session_of(server, bob, port, version)
    publish(server.file, crl(pki.ca, [sub]))
    becomes(server, bob, "revoked", port=port)
    for _ in range(4):
        refused(server, session)
    publish(server.file, crl(pki.ca))
    becomes(server, bob, 200, port=port)
    server.allow_log("CC0101")


@both_versions
def test_a_session_whose_crl_goes_missing(server_with, pki, bob, version):
    """What was good at the handshake is judged by what holds now."""
    server = server_with("shmcb")
    other = pki.authority("/CN=Other")
    session = session_of(server, bob, "on", version)
    server.write(SITE.replace("${crl}", str(publish(server.file.with_name("other.crl"), crl(other)))))
    server.graceful()
    server.allow_log("CC0101|CC0202")

    def verdict():
        with server.tls(**session) as connection:
            return told(connection)
    try:
        wait_until(lambda: verdict() == (403, "FAILED crl-missing"), verdict)
    finally:
        server.write(SITE)
        publish(server.file, crl(pki.ca))
        server.graceful()
        becomes(server, bob, 200, port="on")

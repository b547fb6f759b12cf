# SPDX-License-Identifier: Apache-2.0
"""ClientCertVerify report beyond a first handshake: sessions that are resumed, certificates that are asked
for again, that expire and are revoked on an open connection. Nothing bad becomes good by any of it."""
from contextlib import ExitStack

import pytest
from harness import identity
from harness.flawed import SUBJECT, WAYS
from harness.streaming import ended
from harness.verdicts import (HOWS, OURS, assert_bad, assert_good, assert_none, becomes, believed, configure, connect,
                              theirs, told)
from harness.waiting import wait_until

HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=2
        SSLVerifyClient optional_no_ca
        SSLVerifyDepth 3
        ClientCertVerify report
        ClientCertVerifyDepth 2
        ClientCertCRL ${crls}
        %s
        <Location /again/ciphers>
            SSLCipherSuite ECDHE+CHACHA20:@SECLEVEL=2
        </Location>
        <Location /again/depth>
            SSLVerifyDepth 1
        </Location>
        <Location /again/verify>
            SSLVerifyClient optional_no_ca
        </Location>
    </VirtualHost>
"""
HOSTS = {
    "tickets": "ClientCertRevokedConnections keep",
    "cache": "ClientCertRevokedConnections keep\nSSLSessionTickets off",
    "closing": "",
}
AGAIN = ["/again/ciphers", "/again/depth", "/again/verify"]
every_way = pytest.mark.parametrize("way", WAYS)
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
# Where sessions are kept; a client of TLS 1.2 may not want tickets.
every_kind = pytest.mark.parametrize("port,tickets,version", [
    ("tickets", True, "1.2"), ("tickets", True, "1.3"), ("cache", True, "1.2"), ("cache", True, "1.3"),
    ("tickets", False, "1.2")])


@pytest.fixture(scope="module", autouse=True)
def site(server, flawed, backends):
    configure(server, HOST, HOSTS, flawed, backends)
    for path in AGAIN:
        server.page(path)
    server.allow_log("CC0005|CC0202.*late", always=True)  # StdEnvVars; a CRL that is overdue
    server.start()
    becomes(server, flawed["good"], "SUCCESS none", port="tickets")
    # These chains make known who has signed two more CRLs.
    becomes(server, flawed["below"], "SUCCESS none", port="tickets")
    becomes(server, flawed["revoked intermediate"], "FAILED revoked", port="tickets")


def session_of(connection):
    """The newest session of a connection, and its context: what a client needs to come back; None where
    the server gave no session."""
    transport = getattr(connection, "transport", connection)
    session = transport.socket.session
    return dict(session=session, made=transport.socket.context) if session and session.id else None


def come_back(server, connection, how="1.3", **options):
    return connect(server, None, how, **(session_of(connection) or dict(made=connection.socket.context)), **options)


# -- resumption --------------------------------------------------------------------------------

@every_kind
@every_way
def test_nothing_bad_is_ever_resumed(server, flawed, way, port, tickets, version):
    with connect(server, flawed[way], version, port=port, tickets=tickets) as first:
        assert told(first) == f"FAILED {WAYS[way]}"
        with come_back(server, first, version, port=port) as second:
            assert not second.resumed
            assert_bad(second, WAYS[way], flawed[way])
            with come_back(server, second, version, port=port) as third:
                assert not third.resumed
                assert told(third) == f"FAILED {WAYS[way]}"
    server.expect_log("CC0101", times=len(OURS))


@every_kind
@pytest.mark.parametrize("who", ["good", "below", "nobody"])
def test_what_is_good_is_resumed(server, flawed, who, port, tickets, version):
    with connect(server, flawed.get(who), version, port=port, tickets=tickets) as first:
        told(first)
        with come_back(server, first, version, port=port) as second:
            assert second.resumed
            assert_none(second) if who == "nobody" else assert_good(second, flawed[who])
            with come_back(server, second, version, port=port) as third:
                assert third.resumed
                assert_none(third) if who == "nobody" else assert_good(third, flawed[who])
    server.allow_log("CC0101")


@every_kind
def test_a_session_of_http_2_is_no_better(server, flawed, port, tickets, version):
    for way in "expired", "altered name", "revoked":
        with connect(server, flawed[way], f"h2 {version}", port=port, tickets=tickets) as first:
            told(first)
            again = session_of(first) or dict(made=first.transport.socket.context)
            with connect(server, None, f"h2 {version}", port=port, **again) as second:
                assert not second.transport.resumed
                assert_bad(second, WAYS[way], flawed[way])
    server.expect_log("CC0101", times=3 * len(OURS))


# -- asked for again ---------------------------------------------------------------------------

@every_way
@pytest.mark.parametrize("path", AGAIN)
def test_after_a_renegotiation_it_is_as_bad_as_before(server, flawed, way, path):
    with connect(server, flawed[way], "1.2", port="tickets") as connection:
        assert told(connection) == f"FAILED {WAYS[way]}"
        assert connection.get(path).header("X-Ours") == f"FAILED {WAYS[way]}"
        assert_bad(connection, WAYS[way], flawed[way])
    with connect(server, flawed[way], "1.2", port="tickets") as connection:  # its very first request
        assert connection.get(path).header("X-Ours") == f"FAILED {WAYS[way]}"
        assert_bad(connection, WAYS[way], flawed[way])
        with come_back(server, connection, "1.2", port="tickets") as second:
            assert not second.resumed
            assert_bad(second, WAYS[way], flawed[way])
    server.expect_log("CC0101", times=3 * len(OURS))


@pytest.mark.parametrize("path", AGAIN)
@pytest.mark.parametrize("who", ["good", "nobody"])
def test_after_a_renegotiation_a_good_one_is_as_good_as_before(server, flawed, who, path):
    with connect(server, flawed.get(who), "1.2", port="tickets") as connection:
        before = told(connection)
        assert connection.get(path).header("X-Ours") == before
        assert_none(connection) if who == "nobody" else assert_good(connection, flawed[who])
    server.allow_log("CC0101")


def test_the_servers_wish_for_other_ciphers_is_a_new_handshake(server, flawed):
    """Or the tests above show nothing."""
    for way in "good", "expired":
        with connect(server, flawed[way], "1.2", port="tickets") as connection:
            told(connection)
            assert "AES" in connection.socket.cipher()[0]
            connection.get("/again/ciphers")
            assert "CHACHA20" in connection.socket.cipher()[0]


@pytest.mark.parametrize("before,after", [("good", "expired"), ("expired", "good"), ("good", "altered name"),
                                          ("revoked", "damaged signature"), ("nobody", "unknown issuer"),
                                          ("unknown issuer", "nobody"), ("nobody", "good"), ("good", "nobody")])
def test_another_certificate_is_judged_for_itself(server, flawed, before, after):
    """A client may present another one, or none, when it is asked again (TLS 1.2)."""
    with connect(server, flawed.get(before), "1.2", port="tickets") as connection:
        verify(connection, before, flawed)
        if after == "nobody":
            identity.forget(connection)
        else:
            identity.change(connection, flawed[after])
        connection.get("/again/ciphers")
        if before in WAYS and after == "good":
            # mod_ssl goes on to say GENEROUS, which does no harm.
            assert told(connection) == "SUCCESS none" and theirs(connection)["StdEnvVars"] == "GENEROUS"
        else:
            verify(connection, after, flawed)
    server.allow_log("CC0101")


def verify(connection, who, flawed):
    if who == "nobody":
        assert_none(connection)
    elif who in WAYS:
        assert_bad(connection, WAYS[who], flawed[who])
    else:
        assert_good(connection, flawed[who])


def test_a_directory_that_wants_post_handshake_authentication_learns_nothing_new(server, flawed):
    """mod_ssl refuses it on a connection that has been asked already (TLS 1.3)."""
    for way in WAYS:
        with connect(server, flawed[way], "1.3", port="tickets") as connection:
            for path in "/again/depth", "/again/verify":
                assert connection.get(path).header("X-Ours") == f"FAILED {WAYS[way]}"
                assert told(connection) == f"FAILED {WAYS[way]}"
    server.allow_log("AH10158|SSL Library Error")


# -- while the connection is open --------------------------------------------------------------

def test_a_certificate_expires_while_the_connection_is_open(server, flawed):
    """Our verdict and mod_ssl's word change; no session brings the good times back."""
    soon = flawed.root.client(SUBJECT, valid=("-1d", "+4s"))
    with ExitStack() as stack:
        connections = {(how, port): stack.enter_context(connect(server, soon, how, port=port))
                       for how in HOWS for port in ("tickets", "cache")}
        for connection in connections.values():
            assert told(connection) == "SUCCESS none"
        sessions = {key: session_of(connection) for key, connection in connections.items()}
        wait_until(lambda: {told(connection) for connection in connections.values()} == {"FAILED expired"}, "it expires")
        for connection in connections.values():
            assert_bad(connection, "expired", soon)
        for (how, port), session in sessions.items():
            with connect(server, None, how, port=port, **session) as second:
                assert_bad(second, "expired", soon)
    server.expect_log("CC0101", times=2 * len(connections) * len(OURS))


def test_a_certificate_is_revoked_while_the_connection_is_open(server, flawed):
    bob = flawed.root.client(SUBJECT)
    with ExitStack() as stack:
        connections = {(how, port): stack.enter_context(connect(server, bob, how, port=port))
                       for how in HOWS for port in ("tickets", "cache")}
        for connection in connections.values():
            assert_good(connection, bob)
        sessions = {key: session_of(connection) for key, connection in connections.items()}
        flawed.publish(bob)
        wait_until(lambda: {told(connection) for connection in connections.values()} == {"FAILED revoked"}, "revoked")
        for connection in connections.values():
            assert_bad(connection, "revoked", bob)
        for (how, port), session in sessions.items():
            with connect(server, None, how, port=port, **session) as second:
                assert_bad(second, "revoked", bob)
    server.expect_log("CC0101", times=2 * len(connections) * len(OURS))
    server.allow_log("CC0101")


@both_versions
def test_the_connections_of_one_who_is_revoked_are_closed_once(server, flawed, version):
    """Those that were there then; who comes after that is told, and stays."""
    bob = flawed.root.client(SUBJECT)
    with connect(server, bob, version, port="closing") as one, connect(server, bob, version, port="closing") as two, \
            connect(server, flawed["good"], version, port="closing") as good:
        assert told(one) == told(two) == told(good) == "SUCCESS none"
        flawed.publish(bob)
        ended(one), ended(two)
        assert told(good) == "SUCCESS none"
    server.errors.wait("CC0206", 2)
    with connect(server, bob, version, port="closing") as connection, \
            connect(server, flawed["revoked"], version, port="closing") as other:
        for _ in range(2):
            assert_bad(connection, "revoked", bob)
            assert_bad(other, "revoked", flawed["revoked"])
        carol = flawed.root.client(SUBJECT)
        flawed.publish(bob, carol)  # another look at who is revoked closes neither of them
        becomes(server, carol, "FAILED revoked", port="closing")
        assert_bad(connection, "revoked", bob)
        assert_bad(other, "revoked", flawed["revoked"])
    assert len(server.log_lines("CC0206")) == 2
    server.expect_log("CC0101", times=6 * len(OURS))


@pytest.mark.parametrize("how", HOWS)
def test_what_was_bad_becomes_good(server, flawed, how):
    """A revocation is taken back (certificateHold): the open connection counts again."""
    bob = flawed.root.client(SUBJECT)
    flawed.publish(bob)
    becomes(server, bob, "FAILED revoked", port="tickets")
    with connect(server, bob, how, port="tickets") as connection:
        assert told(connection) == "FAILED revoked"
        flawed.publish()
        wait_until(lambda: told(connection) == "SUCCESS none", "it counts again")
        assert connection.get("/line").status == connection.get("/rule").status == 200


def test_nobody_was_ever_believed(server):
    """In any request of the tests above. One that is under way when a CRL comes has begun with a good certificate."""
    found = believed(server)
    assert set(found) <= {f"SUCCESS FAILED {reason} 200 /index.html" for reason in ("revoked", "expired")} and len(found) <= 2, found

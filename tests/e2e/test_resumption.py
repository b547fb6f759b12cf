# SPDX-License-Identifier: Apache-2.0
"""Resumed sessions: nothing is verified again and no chain is sent, and all is as it was."""
import os
import re
import ssl

import pytest

CONTENTS = """
    Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    Header always set X-Resumed "expr=%{SSL_SESSION_RESUMED}"
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS" and %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
    <Location /line>
        Require clientcert
    </Location>
    <Location /seen>
        ProxyPass ${backend}/seen
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT} %{CLIENTCERT_SAN_EMAIL} %{SSL_CLIENT_CERT}"
        ClientCertHeader X-Client-Verify "%{SSL_CLIENT_VERIFY}"
        ClientCertForward rfc9440
    </Location>
"""
SITE = """
    <VirtualHost *:${on}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 5
    </VirtualHost>
    <VirtualHost *:${off}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 5
        SSLSessionTickets off
    </VirtualHost>
    <VirtualHost *:${generous}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
    </VirtualHost>
    <VirtualHost *:${generous_off}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        SSLSessionTickets off
    </VirtualHost>
    <VirtualHost *:${ask}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient none
        SSLVerifyDepth 5
        <Location /asked>
            SSLVerifyClient require
        </Location>
    </VirtualHost>
""" + CONTENTS
CACHES = ["shmcb", "none"]
# Port by SSLSessionTickets, and SSLSessionCache: where a session can be resumed at all.
RESUMABLE = [("on", "shmcb"), ("on", "none"), ("off", "shmcb")]


def without_session_cache(conf):
    """Takes the harness's SSLSessionCache out: a later `SSLSessionCache none` would not."""
    text, count = re.subn(r"SSLSessionCache .*", "SSLSessionCache none", conf.read_text())
    assert count == 1
    conf.write_text(text)


@pytest.fixture(scope="module")
def server_with(make_server, pki, backends):
    """The server with that SSLSessionCache."""
    made = {}

    def get(cache):
        if cache not in made:
            server = made[cache] = make_server()
            server.configure(SITE, modules="headers proxy_http", ports="on off generous generous_off ask",
                             backend=backends.http.url)
            if cache == "none":
                without_session_cache(server.conf)
                server.allow_log("AH01873", always=True)
            for page in "rule", "line", "asked":
                server.page(page)
            server.start()
        return made[cache]
    return get


@pytest.fixture(scope="module")
def carol(pki):
    """Somebody of garex AG whose chain has two intermediates."""
    issuing = pki.ca.intermediate("/O=Test/CN=Issuing").intermediate("/O=Test/CN=Issuing below")
    return issuing.client("/O=garex AG/CN=Carol", san=["email:carol@example.org"])


def forwarded(connection):
    """The headers about the certificate that the backend got."""
    seen = connection.get("/seen").seen
    return {name: seen.value(name) for name in ("X-Client", "X-Client-Verify", "Client-Cert", "Client-Cert-Chain")}


both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
resumable = pytest.mark.parametrize("tickets,cache", RESUMABLE)


@both_versions
@resumable
def test_a_resumed_session_has_the_same_certificate_chain_and_verdict(server_with, carol, tickets, cache, version):
    server = server_with(cache)
    with server.tls(carol, port=tickets, version=version) as first:
        before = forwarded(first)
        assert before["X-Client-Verify"] == "SUCCESS"
        assert before["X-Client"].startswith("CN=Carol,O=garex AG carol@example.org -----BEGIN")
        assert len(before["Client-Cert-Chain"].split(",")) == 2
        with first.resume() as second:
            assert second.resumed
            response = second.get("/rule")
            assert (response.status, response.header("X-Verify")) == (200, "SUCCESS none")
            assert response.header("X-Resumed") == "Resumed"
            assert second.get("/line").status == 200
            assert forwarded(second) == before
            with second.resume() as third:  # and its session again
                assert third.resumed
                assert forwarded(third) == before


@both_versions
@resumable
def test_a_resumed_session_is_denied_what_the_first_one_was(server_with, pki, tickets, cache, version):
    server = server_with(cache)
    with server.tls(pki.mallory, port=tickets, version=version) as first:
        assert first.get("/rule").status == 403
        with first.resume() as second:
            assert second.resumed
            assert second.get("/rule").status == 403
            assert second.get("/line").status == 200
    assert all("reason=rule verify=SUCCESS" in line for line in server.expect_log("CC0101", times=2))


@both_versions
@resumable
def test_a_resumed_session_without_certificate_stays_one(server_with, tickets, cache, version):
    server = server_with(cache)
    with server.tls(port=tickets, version=version) as first:
        assert first.get("/index.html").header("X-Verify") == "NONE none"
        with first.resume() as second:
            assert second.resumed
            assert second.get("/index.html").header("X-Verify") == "NONE none"
            assert forwarded(second) == {"X-Client": None, "X-Client-Verify": "NONE", "Client-Cert": None,
                                         "Client-Cert-Chain": None}


@both_versions
def test_a_client_that_cannot_resume_presents_its_certificate_again(server_with, carol, version):
    """Neither tickets nor cache."""
    server = server_with("none")
    with server.tls(carol, port="off", version=version) as first:
        before = forwarded(first)
        session = first.socket.session
        with server.tls(carol, port="off", session=session, made=first.socket.context) as second:
            assert not second.resumed
            assert forwarded(second) == before


@pytest.mark.parametrize("version", ["1.2"])
def test_a_client_without_tickets_resumes_from_the_cache(server_with, carol, version):
    with server_with("shmcb").tls(carol, port="on", version=version, tickets=False) as first:
        before = forwarded(first)
        with first.resume() as second:
            assert second.resumed
            assert forwarded(second) == before


@both_versions
@resumable
def test_a_certificate_too_large_for_a_session_is_forwarded_all_the_same(server_with, pki, tickets, cache, version):
    """mod_ssl keeps at most 10 KB of a session in its cache; resumed or not, the values are right."""
    server = server_with(cache)
    large = pki.ca.intermediate("/O=Test/CN=Large CA", extensions={"nsComment": "x" * 3500}).client(
        "/O=garex AG/CN=Large", extensions={"nsComment": "y" * 3500}, san=["email:large@example.org"])
    with server.tls(large, port=tickets, version=version) as first:
        before = first.get("/seen").seen
        assert len(before.value("Client-Cert")) > 4000
        session = first.socket.session
        with server.tls(large, port=tickets, session=session, made=first.socket.context) as second:
            assert second.get("/rule").status == 200
            after = second.get("/seen").seen
    for name in "Client-Cert", "Client-Cert-Chain", "X-Client":
        assert after.value(name) == before.value(name) is not None


@both_versions
@pytest.mark.parametrize("port,cache", [("generous", "shmcb"), ("generous", "none"), ("generous_off", "shmcb")])
@pytest.mark.parametrize("kind", ["self-signed", "unknown-issuer"])
def test_a_bad_certificate_is_never_good_on_a_resumed_session(server_with, pki, port, cache, version, kind):
    """With TLS 1.2, mod_ssl itself would say SUCCESS there."""
    server = server_with(cache)
    bad = pki.self_signed("/O=garex AG/CN=Alice") if kind == "self-signed" \
        else pki.authority("/CN=Stranger").client("/O=garex AG/CN=Alice")
    with server.tls(bad, port=port, version=version) as first:
        connections = [first, first]
        assert first.get("/index.html").header("X-Verify") == f"FAILED {kind}"
        with first.resume() as second:
            connections.append(second)
            for connection in connections:
                assert connection.get("/index.html").header("X-Verify") == f"FAILED {kind}"
                assert connection.get("/rule").status == 403
                assert forwarded(connection) == {"X-Client": None, "X-Client-Verify": f"FAILED:{kind}",
                                                 "Client-Cert": None, "Client-Cert-Chain": None}
    assert all(f"reason={kind}" in line for line in server.expect_log("CC0101", times=3))


# -- after renegotiation and post-handshake authentication -------------------------------------

def resumed(server, connection, session):
    return server.tls(port="ask", session=session, made=connection.socket.context)


@pytest.mark.parametrize("cache", CACHES)
def test_a_session_knows_the_certificate_that_came_by_post_handshake_authentication(server_with, carol, cache):
    server = server_with(cache)
    with server.tls(carol, port="ask", version="1.3") as first:
        assert first.get("/index.html").header("X-Verify") == "NONE none"
        early = first.socket.session
        assert first.get("/asked").status == 200
        assert first.get("/index.html").header("X-Verify") == "SUCCESS none"
        before, late = forwarded(first), first.socket.session
        with resumed(server, first, late) as second:
            assert second.resumed
            assert second.get("/index.html").header("X-Verify") == "SUCCESS none"
            assert forwarded(second) == before
        with resumed(server, first, early) as second:
            assert second.resumed
            assert second.get("/index.html").header("X-Verify") == "NONE none"


@pytest.mark.parametrize("cache", CACHES)
def test_a_session_made_by_renegotiation_says_no_more_than_its_connection(server_with, carol, cache):
    server = server_with(cache)
    with server.tls(carol, port="ask", version="1.2") as first:
        assert first.get("/index.html").header("X-Verify") == "NONE none"
        assert first.get("/asked").status == 200
        with resumed(server, first, first.socket.session) as second:
            # mod_ssl lets nobody resume such a session: a full handshake, in which it asks for none.
            assert not second.resumed
            assert second.get("/index.html").header("X-Verify") == "NONE none"
            assert second.get("/rule").status == 403
            assert second.get("/asked").header("X-Verify") == "SUCCESS none"
    server.expect_log("CC0101", times=1)


# -- from one configuration to the next --------------------------------------------------------

CHANGING = """
    SSLSessionTicketKeyFile ${keys}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile CA
        SSLVerifyClient VERIFY
        SSLVerifyDepth DEPTH
    </VirtualHost>
"""
OPTIONS = dict(modules="headers proxy_http", ports="https")


def site_of(ca="${ca}", verify="optional", depth=5, contents=CONTENTS):
    return CHANGING.replace("CA\n", f"{ca}\n").replace("VERIFY", verify).replace("DEPTH", str(depth)) + contents


@pytest.fixture(scope="module")
def changing(make_server, pki, backends):
    """A server with tickets that outlive a restart, for other configurations."""
    server = make_server()
    keys = server.root / "ticket.key"
    keys.write_bytes(os.urandom(48))
    # One file with one server's settings; a server without our module has the same name and port.
    server.common = dict(OPTIONS, backend=backends.http.url, keys=keys, other=pki.authority("/CN=Other CA"),
                         both=pki.bundle(pki.ca, pki.authority("/CN=Third CA")))
    for page in "rule", "line":
        server.page(page)
    server.configure(site_of(), **server.common)
    server.start()
    return server


def session_of(server, credential, version):
    """A session of a client with that certificate, and what it needs to be resumed."""
    with server.tls(credential, version=version) as connection:
        connection.get("/index.html")
        connection.get("/index.html")
        return dict(session=connection.socket.session, made=connection.socket.context)


# After a restart, a child of httpd now and then resumes no session with TLS 1.3, without our module as
# well. So what has to be resumed is tried more than once.
TRIES = 8


@both_versions
def test_a_ticket_is_good_after_a_graceful_restart_that_changed_nothing(changing, carol, version):
    changing.write(site_of())
    changing.graceful()
    for _ in range(TRIES):
        with changing.tls(carol, version=version) as first:
            before = forwarded(first)
            changing.graceful()
            with first.resume() as second:
                assert forwarded(second) == before
                if second.resumed:
                    return
    pytest.fail("no ticket was resumed")


def outcome(server, ticket):
    """What a client with that ticket is worth: whether resumed, and what CLIENTCERT_VERIFY says;
    nothing when the handshake fails."""
    try:
        with server.tls(**ticket) as connection:
            response = connection.get("/index.html")
            status = connection.get("/rule").status
            assert (status == 200) == response.header("X-Verify").startswith("SUCCESS")
            return connection.resumed, response.header("X-Verify")
    except (ssl.SSLError, ConnectionError):
        return None


CHANGES = {  # what changes: (before, after, what mod_ssl makes of a full handshake then)
    "other CA": (dict(), dict(ca="${other}"), None),
    "fewer CAs": (dict(ca="${both}"), dict(), (False, "SUCCESS none")),
    "more CAs": (dict(), dict(ca="${both}"), (False, "SUCCESS none")),
    "shorter chains": (dict(), dict(depth=1), None),
    "other CA, generous": (dict(verify="optional_no_ca"), dict(verify="optional_no_ca", ca="${other}"),
                           (False, "FAILED unknown-issuer")),
    "generous to strict": (dict(verify="optional_no_ca", ca="${other}"), dict(ca="${other}"), None),
    "trusted at last": (dict(verify="optional_no_ca", ca="${other}"), dict(verify="optional_no_ca"),
                        (False, "SUCCESS none")),
}


@both_versions
@pytest.mark.parametrize("change", CHANGES)
def test_a_ticket_made_under_other_trust_is_worth_nothing(changing, carol, change, version):
    """The client has to present its certificate again, and is judged by what holds now."""
    before, after, expected = CHANGES[change]
    changing.write(site_of(**before))
    changing.graceful()
    ticket = session_of(changing, carol, version)
    changing.write(site_of(**after))
    changing.graceful()
    assert outcome(changing, ticket) == expected
    changing.allow_log("CC0101|AH02040|AH02008|SSL Library Error")


def ticket_of_a_server_without_the_module(changing, site, credential, version):
    """One that this server itself resumes."""
    for _ in range(TRIES):
        changing.configure(site, clientcert=False, **changing.common)
        changing.restart()
        ticket = session_of(changing, credential, version)
        with changing.tls(**ticket) as connection:
            connection.get("/index.html")
            if connection.resumed:
                return ticket
    pytest.fail("the server without the module does not resume: nothing is shown")


@both_versions
@pytest.mark.parametrize("kind,expected", [("good", (False, "SUCCESS none")), ("bad", (False, "FAILED self-signed"))])
def test_a_ticket_of_a_server_without_the_module_is_worth_nothing(changing, pki, carol, version, kind, expected):
    credential = carol if kind == "good" else pki.self_signed("/O=garex AG/CN=Alice")
    site = site_of(verify="optional_no_ca", contents="")
    ticket = ticket_of_a_server_without_the_module(changing, site, credential, version)
    changing.configure(site_of(verify="optional_no_ca"), **changing.common)
    changing.restart()
    assert outcome(changing, ticket) == expected
    changing.allow_log("CC0101")


@both_versions
def test_a_ticket_without_certificate_of_a_server_without_the_module_is_resumed(changing, version):
    changing.allow_log("CC0101")
    for _ in range(TRIES):
        ticket = ticket_of_a_server_without_the_module(changing, site_of(contents=""), None, version)
        changing.configure(site_of(), **changing.common)
        changing.restart()
        was_resumed, verify = outcome(changing, ticket)
        assert verify == "NONE none"
        if was_resumed:
            return
    pytest.fail("no ticket was resumed")

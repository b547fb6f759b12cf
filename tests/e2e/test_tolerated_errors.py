# SPDX-License-Identifier: Apache-2.0
"""Errors of a certificate that mod_ssl tolerates and then forgets: `optional_no_ca` lets bad certificates
through, `no_crl_for_cert_ok` wipes out the error found before, and a resumed session has none at all.
Whatever is forgotten, nobody gets in by it."""
import ssl

import pytest
from harness.denial import denials

LOCATIONS = """
    FallbackResource /index.html
    Header always set X-Theirs "expr=%{SSL_CLIENT_VERIFY}"
    Header always set X-Ours "expr=%{CLIENTCERT_VERIFY}:%{CLIENTCERT_REASON}"
    <Location /line>
        Require clientcert
    </Location>
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS" and %{SSL_CLIENT_S_DN_CN} eq "Alice"
    </Location>
    <Location /name>
        ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Alice"
    </Location>
    <Location /mod-ssl-peer>
        Require ssl-verify-client
    </Location>
    <Location /mod-ssl-expr>
        Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'
    </Location>
"""
HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{{ca}}}
        SSLVerifyClient {verify}
        SSLSessionTickets {tickets}
        {more}
    </VirtualHost>
"""
CRL = """SSLCARevocationCheck leaf no_crl_for_cert_ok
        SSLCARevocationFile ${crl}
"""
ASKED = """<Location /asked>
            SSLVerifyClient optional_no_ca
        </Location>"""
# Port -> CAs, SSLVerifyClient, SSLSessionTickets and what else there is.
HOSTS = {
    "tickets": ("ca", "optional_no_ca", "on", ""),
    "cache": ("ca", "optional_no_ca", "off", ""),
    "loose": ("both", "optional_no_ca", "on", CRL),
    "loose_cache": ("both", "optional_no_ca", "off", CRL),
    "ask": ("ca", "none", "on", ASKED),
    "ask_cache": ("ca", "none", "off", ASKED),
    "loose_ask": ("both", "none", "on", CRL + ASKED),
    "loose_ask_cache": ("both", "none", "off", CRL + ASKED),
}
OURS = ("/line", "/rule", "/name")
THEIRS = ("/mod-ssl-peer", "/mod-ssl-expr")
ALL = OURS + THEIRS
SUBJECT = "/O=garex AG/CN=Alice"
REASONS = {"self-signed": "self-signed", "fake CA": "unknown-issuer", "fake chain": "unknown-issuer"}
GOOD = ["alice", "alice of a CA without a CRL"]


@pytest.fixture(scope="module")
def second(pki):
    """A CA that is trusted, and has no CRL."""
    return pki.authority("/O=Test/CN=Second CA")


@pytest.fixture(scope="module")
def people(pki, second):
    fake = pki.authority("/O=Test/CN=Test CA")  # the name of the real one
    return {"self-signed": pki.self_signed(SUBJECT), "fake CA": fake.client(SUBJECT),
            "fake chain": fake.intermediate("/O=Test/CN=Issuing").client(SUBJECT),
            "alice": pki.ca.client(SUBJECT), "alice of a CA without a CRL": second.client(SUBJECT)}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, second, people):
    text = "Protocols http/1.1\nKeepAliveTimeout 20\n" + LOCATIONS + "".join(
        HOST.format(port=port, ca=ca, verify=verify, tickets=tickets, more=more)
        for port, (ca, verify, tickets, more) in HOSTS.items())
    server.configure(text, modules="headers dir", ports=" ".join(HOSTS), crl=pki.ca.crl(),
                     both=pki.bundle(pki.ca, second))
    server.start()
    server.allow_log("AH01630", always=True)  # mod_authz_core, of each refused Require line


both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
every_port = pytest.mark.parametrize("port", ["tickets", "cache", "loose", "loose_cache"])


def answers(connection, paths=ALL):
    return {path: connection.get(path).status for path in paths}


def allowed(connection, paths):
    """The paths that are served, as far as mod_ssl does not end the connection: a host that asks nobody
    at first may refuse a resumed session with an error in it (AH02010)."""
    try:
        return {path for path, status in answers(connection, paths).items() if status == 200}
    except ConnectionError:
        return set()


def all_are(status, paths=ALL):
    return dict.fromkeys(paths, status)


# -- a first handshake -------------------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("who", REASONS)
def test_a_missing_crl_that_is_tolerated_does_not_make_a_bad_certificate_good(server, people, who, version):
    """Denied in the first request of the connection, and in every later one."""
    for first in OURS:
        with server.tls(people[who], port="loose", version=version) as connection:
            for path in (first, *OURS):
                response = connection.get(path)
                assert (path, response.status) == (path, 403)
                assert response.header("X-Ours") == f"FAILED:{REASONS[who]}"
    for found in denials(server, len(OURS) * (len(OURS) + 1)):
        assert (found.verify, found.reason) == ("FAILED", REASONS[who])


@both_versions
@pytest.mark.parametrize("who", GOOD)
def test_a_good_certificate_is_let_in_with_and_without_a_crl(server, people, who, version):
    with server.tls(people[who], port="loose", version=version) as connection:
        for _ in range(2):
            for path in ALL:
                response = connection.get(path)
                assert (path, response.status) == (path, 200)
                assert (response.header("X-Ours"), response.header("X-Theirs")) == ("SUCCESS:none", "SUCCESS")


@both_versions
def test_a_revoked_certificate_does_not_get_through_the_handshake(server, pki, version):
    """What `no_crl_for_cert_ok` tolerates is the CRL that is not there, no more."""
    revoked = pki.ca.client(SUBJECT)
    pki.ca.revoke(revoked)
    pki.ca.crl()
    server.graceful()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with server.tls(revoked, port="loose", version=version) as connection:
            connection.get("/line")


# -- resumption --------------------------------------------------------------------------------

@both_versions
@every_port
@pytest.mark.parametrize("who", ["self-signed", "fake chain"])
def test_nobody_gets_better_by_coming_back(server, people, port, who, version):
    """Neither for our rules nor for those of mod_ssl, which forgets what it found when it has tolerated it."""
    with server.tls(people[who], port=port, version=version) as connection:
        assert answers(connection) == all_are(403)
        for _ in range(2):
            with connection.resume() as again:
                assert answers(again) == all_are(403)
                response = again.get("/line")
                assert response.header("X-Ours") == f"FAILED:{REASONS[who]}"
                assert response.header("X-Theirs") != "SUCCESS"
    server.expect_log("CC0101", times=3 + 2 * 4)


@both_versions
@every_port
def test_a_good_certificate_comes_back_by_its_session(server, people, port, version):
    with server.tls(people["alice"], port=port, version=version) as connection:
        assert answers(connection) == all_are(200)
        with connection.resume() as again:
            assert again.resumed
            assert answers(again) == all_are(200)


@pytest.mark.parametrize("port", ["tickets", "loose"])
def test_who_does_not_want_tickets_gets_no_better_by_the_cache(server, people, port):
    with server.tls(people["self-signed"], port=port, version="1.2", tickets=False) as connection:
        assert answers(connection, OURS) == all_are(403, OURS)
        with connection.resume() as again:
            assert answers(again) == all_are(403)
    server.expect_log("CC0101", times=6)


@both_versions
@pytest.mark.parametrize("port", ["ask", "ask_cache", "loose_ask", "loose_ask_cache"])
@pytest.mark.parametrize("who,status", [("self-signed", 403), ("fake chain", 403), ("alice", 200)])
def test_a_certificate_asked_for_later_comes_back_as_it_was(server, people, port, who, status, version):
    """A location asks for it: by renegotiation, or by post-handshake authentication (TLS 1.3)."""
    with server.tls(people[who], port=port, version=version) as connection:
        assert connection.get("/asked").status == 200
        assert answers(connection) == all_are(status)
        for paths in ALL, ("/asked", *ALL):
            with connection.resume() as again:
                if status == 200:
                    expected = all_are(200 if again.resumed or "/asked" in paths else 403, paths)
                    assert answers(again, paths) == expected
                else:
                    assert allowed(again, paths) <= {"/asked"}
    server.allow_log("CC0101")

# SPDX-License-Identifier: Apache-2.0
"""ClientCertVerify require: a bad certificate, or none, ends the handshake with the alert that says why
(RFC 8446, 6.2), and a line in the log says it as well; on open connections requests are refused."""
import ssl
from contextlib import ExitStack

import pytest
from harness import identity
from harness.denial import Reader, unlogged
from harness.flawed import SECRET, SUBJECT, WAYS, WEAK
from harness.streaming import ended
from harness.verdicts import HOWS, assert_good, believed, configure, connect, outcome, told
from harness.waiting import wait_until

HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=2
        SSLVerifyClient require
        SSLVerifyDepth 2
        ClientCertVerify require
        ClientCertCRL ${crls}
        <Location /paged>
            ErrorDocument 403 /errors/page.html
        </Location>
        <Location /again>
            SSLCipherSuite ECDHE+CHACHA20:@SECLEVEL=2
        </Location>
        %s
    </VirtualHost>
"""
HOSTS = {
    "https": "ClientCertRevokedConnections keep",
    "cache": "ClientCertRevokedConnections keep\nSSLSessionTickets off",
    "closing": "",
}
# Reason -> the alert, as OpenSSL's clients name it, and its number.
ALERTS = {
    "expired": ("SSLV3_ALERT_CERTIFICATE_EXPIRED", 45),
    "revoked": ("SSLV3_ALERT_CERTIFICATE_REVOKED", 44),
    "unknown-issuer": ("TLSV1_ALERT_UNKNOWN_CA", 48),
    "self-signed": ("TLSV1_ALERT_UNKNOWN_CA", 48),
    "not-yet-valid": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "bad-signature": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "chain-too-long": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "weak-key": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "weak-signature": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "malformed": ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
    "wrong-purpose": ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", 43),
    "crl-missing": ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", 46),
    "crl-expired": ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", 46),
}
NOBODY = {"1.2": ("SSLV3_ALERT_HANDSHAKE_FAILURE", 40), "1.3": ("TLSV13_ALERT_CERTIFICATE_REQUIRED", 116)}
every_way = pytest.mark.parametrize("way", WAYS)
every_how = pytest.mark.parametrize("how", HOWS)
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module", autouse=True)
def site(server, flawed, backends):
    configure(server, HOST, HOSTS, flawed, backends)
    server.page("again")
    server.page("errors/page.html", "a page about errors\n")
    server.allow_log("CC0202.*late", always=True)  # a CRL that is overdue
    server.allow_log("AH02039|AH02040|SSL Library Error", always=True)  # mod_ssl, of a handshake that failed
    server.start()
    becomes(server, flawed["good"], 200)
    becomes(server, flawed["below"], 200)  # these chains make known who has signed two more CRLs
    becomes(server, flawed["revoked intermediate"], ALERTS["revoked"][0])


def becomes(server, credential, wanted, **options):
    server.allow_log("CC0205|CC0101")
    wait_until(lambda: outcome(server, credential, **options) == wanted, f"never {wanted}")


# -- the handshake -------------------------------------------------------------------------------

@every_how
@every_way
def test_a_bad_certificate_gets_the_alert_that_fits(server, flawed, way, how):
    assert outcome(server, flawed[way], how) == ALERTS[WAYS[way]][0]
    server.allow_log("CC0205")


@every_way
@both_versions
def test_the_log_says_who_was_refused_and_why(server, flawed, way, version):
    """One line, of which nothing can be forged; the certificate that is named is the client's own."""
    assert isinstance(outcome(server, flawed[way], version), str)
    line, = server.expect_log("CC0205", times=1)
    assert "[clientcert:error]" in line and "[client 127.0.0.1:" in line, line
    reader = Reader(unlogged(line.partition("CC0205: ")[2]))
    reader.skip(f"handshake refused: reason={WAYS[way]} serial={flawed[way].serial} issuer=")
    issuer = flawed[way].show("-issuer", "-nameopt", "RFC2253").partition("=")[2]
    assert reader.quoted() == issuer
    reader.skip(" subject=")
    subject = reader.quoted()
    assert SECRET[:-1] in subject and reader.at_end(), line


def test_names_in_the_log_are_quoted(server, pki):
    odd = pki.authority('/CN=A" reason=none\\\\').client('/CN=X" subject="CN=Admin')
    assert outcome(server, odd) == ALERTS["unknown-issuer"][0]
    line, = server.expect_log("CC0205", times=1)
    reader = Reader(unlogged(line.partition("CC0205: ")[2]))
    reader.skip(f"handshake refused: reason=unknown-issuer serial={odd.serial} issuer=")
    assert 'reason=none' in reader.quoted()
    reader.skip(" subject=")
    assert 'subject=' in reader.quoted() and reader.at_end()


@every_how
def test_no_certificate(server, how):
    assert outcome(server, None, how) == NOBODY[how[-3:]][0]
    server.allow_log("CC0205.*reason=none")


@both_versions
def test_the_alerts_on_the_wire(server, flawed, version):
    """As another client shows them: by their numbers."""
    option = f"-tls{version.replace('.', '_')}"
    for way in [None, *WAYS]:
        number = ALERTS[WAYS[way]][1] if way else NOBODY[version][1]
        with server.s_client(option, "-cipher", WEAK, cert=flawed[way] if way else None) as client:
            client.send("GET / HTTP/1.0\n\n")
            assert int(client.expect(r"SSL alert number (\d+)")[1]) == number, (way, client.output)
    server.allow_log("CC0205")


@every_how
@pytest.mark.parametrize("who", ["good", "below"])
def test_a_good_certificate_is_let_in(server, flawed, who, how):
    with connect(server, flawed[who], how) as connection:
        for _ in range(2):
            assert_good(connection, flawed[who])


# -- resumption --------------------------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("port", ["https", "cache"])
def test_a_good_certificate_comes_back_by_its_session(server, flawed, port, version):
    with connect(server, flawed["below"], version, port=port) as first:
        assert told(first) == "SUCCESS none"
        with first.resume() as second:
            assert second.resumed
            assert_good(second, flawed["below"])


@both_versions
@pytest.mark.parametrize("port", ["https", "cache"])
def test_a_session_of_one_who_is_revoked_since_gets_nothing(server, flawed, port, version):
    """The alert, or where no ticket can be refused, 403."""
    bob = flawed.root.client(SUBJECT)
    with connect(server, bob, version, port=port) as first:
        assert told(first) == "SUCCESS none"
        flawed.publish(bob)
        becomes(server, bob, ALERTS["revoked"][0], port=port)
        try:
            with first.resume() as second:
                assert [second.get(path).status for path in ("/index.html", "/line", "/theirs/expr")] == [403] * 3
        except ssl.SSLError as error:
            assert error.reason == ALERTS["revoked"][0]
    server.allow_log("CC0205|CC0101")


# -- while the connection is open --------------------------------------------------------------

def assert_all_refused(server, connections, reason, credential):
    """Every path, those without a rule as well; nobody is told SUCCESS."""
    paths = ["/index.html", "/line", "/rule", "/theirs/expr", "/seen", "/app"]
    mark = server.mark()
    for connection in connections:
        for path in paths:
            response = connection.get(path)
            assert (path, response.status, response.text) == (path, 403, f"refused: {reason}")
            assert response.header("X-Ours") == f"FAILED {reason}"
    server.settle()
    lines = server.log_lines("CC0101", mark)
    assert len(lines) == len(connections) * len(paths)
    assert all(f"reason={reason} verify=FAILED" in line and f"serial={credential.serial}" in line for line in lines)
    server.allow_log("CC0101")


def test_a_certificate_expires_while_the_connection_is_open(server, flawed, backends):
    soon = flawed.root.client(SUBJECT, valid=("-1d", "+4s"))
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(server, soon, how, port=port))
                       for how in HOWS for port in ("https", "cache")]
        for connection in connections:
            assert told(connection) == "SUCCESS none"
        wait_until(lambda: {connection.get().status for connection in connections} == {403}, "it expires")
        before = len(backends.http.requests), len(backends.fcgi.requests)
        assert_all_refused(server, connections, "expired", soon)
        assert (len(backends.http.requests), len(backends.fcgi.requests)) == before
        for connection in connections:
            response = connection.get("/paged/page")
            assert (response.status, response.text) == (403, "a page about errors\n")
            assert connection.get("/errors/page.html").text == "refused: expired"
        for how in HOWS:
            assert outcome(server, soon, how) == ALERTS["expired"][0]
    server.allow_log("CC0205")


def test_a_certificate_is_revoked_while_the_connection_is_open(server, flawed):
    bob = flawed.root.client(SUBJECT)
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(server, bob, how, port=port))
                       for how in HOWS for port in ("https", "cache")]
        for connection in connections:
            assert told(connection) == "SUCCESS none"
        flawed.publish(bob)
        wait_until(lambda: {connection.get().status for connection in connections} == {403}, "revoked")
        assert_all_refused(server, connections, "revoked", bob)


@both_versions
def test_by_default_the_connection_of_one_who_is_revoked_is_closed(server, flawed, version):
    bob = flawed.root.client(SUBJECT)
    with connect(server, bob, version, port="closing") as one, \
            connect(server, flawed["good"], version, port="closing") as good:
        assert told(one) == told(good) == "SUCCESS none"
        flawed.publish(bob)
        ended(one)
        assert told(good) == "SUCCESS none"
    server.errors.wait("CC0206")


# -- asked for again ---------------------------------------------------------------------------

def test_a_renegotiation_takes_no_bad_certificate(server, flawed):
    """The handshake of a renegotiation is one like the first."""
    for way in "expired", "damaged signature":
        with connect(server, flawed["good"], "1.2") as connection:
            assert told(connection) == "SUCCESS none"
            identity.change(connection, flawed[way])
            with pytest.raises((ssl.SSLError, ConnectionError)) as caught:
                connection.get("/again")
            if isinstance(caught.value, ssl.SSLError):
                assert caught.value.reason == ALERTS[WAYS[way]][0]
    server.expect_log("CC0205", times=2)
    server.allow_log(r"AH0226\d|AH02225|AH10158")


def test_who_is_believed_by_others_is_refused(server):
    """mod_ssl knows of no time after the handshake: in any request of the tests above; 503 where the CRLs had
    not been read yet."""
    lines = believed(server)
    assert lines and all(" 403 " in line or " crl-missing 503 " in line for line in lines), lines
